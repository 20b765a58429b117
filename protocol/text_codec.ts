import { refuseContent } from "./content.ts";
import type { Refusal } from "./errors.ts";
import type { LogEventOf, ServerEvent } from "./events.ts";
import type { Limits } from "./limits.ts";
import { isGuestName } from "./names.ts";

/**
 * The plain-text codec: a frame in is a message, a line out is something to read. What looks like
 * JSON is text. Lines can be forged by what people write; who must know writes and reads JSON.
 */

/**
 * What a text client is shown. `bare`: it gave no name and sees the content of messages and its own
 * errors, nobody's name, no coming and going. `named`: it gave one and sees who says what.
 */
export type TextView = "bare" | "named";

/** The content of a frame on one line, undefined when it is blank, or why it cannot be said. */
export function decodeText(text: string, limits: Limits): string | Refusal | undefined {
  const content = text.replaceAll(/\r\n|\r|\n/g, " ").trim();
  return content === "" ? undefined : refuseContent(content, limits) ?? content;
}

/** What an event is to a text client, several lines for several people, undefined for nothing. */
export function encodeText(event: ServerEvent, view: TextView): string | undefined {
  switch (event.type) {
    case "message":
      if (event.deleted !== undefined) return undefined;
      return view === "bare" || isGuestName(event.from)
        ? oneLine(event.content)
        : `${event.from}: ${oneLine(event.content)}`;
    case "error":
      return oneLine(`! ${event.code}: ${event.message}`);
    default:
      return view === "bare" ? undefined : encodeNotice(event);
  }
}

function encodeNotice(event: ServerEvent): string | undefined {
  switch (event.type) {
    case "joined":
    case "left": {
      // The replies of the same types list nobody who came or went.
      if (!("users" in event)) return undefined;
      const named = event.users.filter((user) => !isGuestName(user));
      return named.length === 0
        ? undefined
        : named.map((user) => `* ${user} ${event.type}`).join("\n");
    }
    case "edited":
      return oneLine(`* ${event.from} edited: ${event.content}`);
    case "deleted":
      return `* ${event.from} deleted a message`;
    case "member":
      return oneLine(`* ${describeChange(event)}`);
    case "room":
      return oneLine(`* ${describeRoom(event)}`);
    case "notice":
      return oneLine(`* ${event.content}`);
    default:
      return undefined;
  }
}

function describeChange({ user, from, change, role, reason }: LogEventOf<"member">): string {
  const why = reason === undefined || reason === "" ? "" : ` (${reason})`;
  switch (change) {
    case "joined":
      return `${user} is a member now`;
    case "left":
      return `${user} is no longer a member`;
    case "role":
      return `${from} made ${user} ${role ?? "member"}`;
    default:
      return `${from} ${change} ${user}${why}`;
  }
}

function describeRoom(event: LogEventOf<"room">): string {
  if (event.dissolved) return `${event.from} dissolved the room`;
  if (event.created) return `${event.from} made the room`;
  const changes = (["title", "topic", "icon"] as const)
    .filter((field) => event[field] !== undefined)
    .map((field) => `${field}: ${event[field]}`);
  return `${event.from} changed the room, ${changes.join(", ")}`;
}

// deno-lint-ignore no-control-regex -- control characters are what is looked for
const CONTROLS = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]/;
const NEWLINES = /\r\n|[\n\v\f\r\x85\u2028\u2029]/g;
// deno-lint-ignore no-control-regex -- as above
const OTHER_CONTROLS = /[\x00-\x08\x0e-\x1f\x7f-\x9f]/g;

/** Newlines become spaces; other controls, which could steer a terminal, U+FFFD. */
function oneLine(text: string): string {
  return CONTROLS.test(text)
    ? text.replaceAll(NEWLINES, " ").replaceAll(OTHER_CONTROLS, "\ufffd")
    : text;
}
