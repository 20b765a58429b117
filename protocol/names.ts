import { canonicalForm } from "./canonical.ts";
import { Refusal } from "./errors.ts";
import { ROOM_NAME_MAX_CHARS, USER_NAME_MAX_CHARS } from "./limits.ts";

/**
 * Names of users and rooms. `name` is what is shown: in NFKC, otherwise as written. `canonical` is
 * what is unique and looked up: case folded, look-alike letters of Latin, Cyrillic and Greek made
 * one. Two names that are told apart only by case, by width or by such letters are the same name.
 */
export interface Name {
  readonly name: string;
  readonly canonical: string;
}

/** What a client names as a room: one with a name, or the direct conversation with a user. */
export type RoomAddress =
  | { readonly kind: "named"; readonly name: string; readonly canonical: string }
  | { readonly kind: "direct"; readonly user: Name };

const GUEST_PREFIX = "guest-";

/** Compared without `-`, `_` and `.`; they speak for the server or mean somebody else. */
const RESERVED: ReadonlySet<string> = new Set([
  "admin",
  "administrator",
  "all",
  "deleted",
  "everyone",
  "guest",
  "here",
  "hubbub",
  "me",
  "mod",
  "moderator",
  "official",
  "operator",
  "owner",
  "root",
  "security",
  "server",
  "staff",
  "support",
  "sysadmin",
  "system",
  "webmaster",
  "you",
]);

/** A name that a client wants to have: `bad_name` also when it is reserved or a guest's. */
export function parseUserName(text: string): Name | Refusal {
  const name = parseUserReference(text);
  if (name instanceof Refusal) return name;
  if (name.canonical.startsWith(GUEST_PREFIX)) {
    return bad("names beginning with guest- are given by the server");
  }
  return RESERVED.has(name.canonical.replaceAll(/[-_.]/g, ""))
    ? bad(`${name.name} is reserved`)
    : name;
}

/** A name that a client says of somebody, who may be a guest; a leading `@` is dropped. */
export function parseUserReference(text: string): Name | Refusal {
  const shown = show(text, USER_NAME_MAX_CHARS + 1);
  if (shown instanceof Refusal) return shown;
  const name = shown.startsWith("@") ? shown.slice(1) : shown;
  return refuseName(name, USER_NAME_MAX_CHARS) ?? refuseMixed(name) ??
    { name, canonical: canonicalForm(name) };
}

/** A room's name; a leading `#` is dropped. */
export function parseRoomName(text: string): Name | Refusal {
  const shown = show(text, ROOM_NAME_MAX_CHARS + 1);
  if (shown instanceof Refusal) return shown;
  const name = shown.startsWith("#") ? shown.slice(1) : shown;
  return refuseName(name, ROOM_NAME_MAX_CHARS) ?? { name, canonical: canonicalForm(name) };
}

/** The `room` of a command: `lobby`, `#lobby` or `@bob`. */
export function parseRoom(text: string): RoomAddress | Refusal {
  const shown = show(text, ROOM_NAME_MAX_CHARS + 1);
  if (shown instanceof Refusal) return shown;
  if (shown.startsWith("@")) {
    const user = parseUserReference(shown);
    return user instanceof Refusal ? user : { kind: "direct", user };
  }
  const room = parseRoomName(shown);
  return room instanceof Refusal ? room : { kind: "named", ...room };
}

/** The name of a guest who gave none. `hex`: four random hexadecimal digits, more on a collision. */
export function guestName(hex: string): Name {
  const name = GUEST_PREFIX + hex;
  return { name, canonical: canonicalForm(name) };
}

/** Whether a shown name was given by the server: nobody can choose one that begins like it. */
export function isGuestName(name: string): boolean {
  return name.startsWith(GUEST_PREFIX);
}

function bad(message: string): Refusal {
  return new Refusal("bad_name", message);
}

/** NFKC makes at most 18 characters of one; a longer text is refused before it is normalized. */
function show(text: string, maxChars: number): string | Refusal {
  if (text.length > 4 * maxChars) return bad(`expected at most ${maxChars} characters, got more`);
  if (!text.isWellFormed()) return bad("expected text without lone surrogates");
  return text.normalize("NFKC").trim();
}

const ALLOWED = /^[\p{L}\p{Mn}\p{Mc}\p{N}\-_.]*$/u;
// Invisible ones hide among letters and marks too: Hangul fillers, variation selectors, joiners.
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;
const BEGINS = /^[\p{L}\p{N}]/u;
const MARKS_IN_A_ROW_MAX = 2;
const STACKED = new RegExp(`\\p{M}{${MARKS_IN_A_ROW_MAX + 1}}`, "u");

function refuseName(name: string, maxChars: number): Refusal | undefined {
  const chars = [...name].length;
  if (chars < 1 || chars > maxChars) {
    return bad(`expected 1 to ${maxChars} characters, got ${chars}`);
  }
  if (!ALLOWED.test(name) || INVISIBLE.test(name)) {
    return bad("expected letters and digits of any script, marks, and - _ . only");
  }
  if (!BEGINS.test(name)) return bad("expected a letter or a digit first");
  if (name.endsWith(".")) return bad("expected no full stop at the end");
  if (STACKED.test(name)) {
    return bad(`expected at most ${MARKS_IN_A_ROW_MAX} marks on a letter, got more`);
  }
  return undefined;
}

/** Scripts whose letters look like one another's; a name keeps to one of them. */
const LOOKALIKE_SCRIPTS = ["Latin", "Cyrillic", "Greek", "Armenian", "Coptic", "Cherokee", "Lisu"]
  .map((script) => new RegExp(`\\p{Script=${script}}`, "u"));

function refuseMixed(name: string): Refusal | undefined {
  return LOOKALIKE_SCRIPTS.filter((script) => script.test(name)).length > 1
    ? bad("expected letters of one script, got look-alikes of several")
    : undefined;
}
