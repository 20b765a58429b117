import { refuseContent } from "./content.ts";
import type { Refusal } from "./errors.ts";
import type { LiveEventOf, LogEvent, LogEventOf } from "./events.ts";
import type { Limits } from "./limits.ts";
import { isGuestName } from "./names.ts";

/**
 * The plain-text codec: a frame in is a message, a line out is something to read. What looks like
 * JSON is text. Lines can be forged by what people write; who must know writes and reads JSON.
 */

/**
 * What a text client is shown. `bare`: it gave no name and sees the content of messages and its own
 * errors, nobody's name, no coming and going. `text`: it gave one and sees who says what.
 */
export type TextView = "text" | "bare";

/** The content of a frame on one line, undefined when it is blank, or why it cannot be said. */
export function decodeText(text: string, limits: Limits): string | Refusal | undefined {
  const content = text.replaceAll(/\r\n|\r|\n/g, " ").trim();
  return content === "" ? undefined : refuseContent(content, limits) ?? content;
}

/** What an event is to a text client; undefined for nothing. */
export function textLines(
  event: LogEvent | LiveEventOf<"notice">,
  view: TextView,
): string | undefined {
  switch (event.type) {
    case "message":
      if (event.deleted !== undefined) return undefined;
      return view === "bare" || isGuestName(event.from)
        ? oneLine(event.content)
        : `${event.from}: ${oneLine(event.content)}`;
    case "edited":
      return notice(`${event.from} edited: ${event.content}`, view);
    case "deleted":
      return notice(`${event.from} deleted a message`, view);
    case "member":
      return notice(describeChange(event), view);
    case "room":
      return notice(describeRoom(event), view);
    case "notice":
      return notice(event.content, view);
    case "reacted":
      return undefined;
  }
}

/** Who came or went, a line each; those whom the server named come and go unseen. */
export function textGathered(
  change: "joined" | "left",
  names: readonly string[],
  view: TextView,
): string | undefined {
  if (view === "bare") return undefined;
  const lines = names.filter((name) => !isGuestName(name)).map((name) => `* ${name} ${change}`);
  return lines.length === 0 ? undefined : lines.join("\n");
}

/** Every text client is told of its own errors. */
export function textError(refusal: Refusal): string {
  return oneLine(`! ${refusal.code}: ${refusal.message}`);
}

function notice(text: string, view: TextView): string | undefined {
  return view === "bare" ? undefined : oneLine(`* ${text}`);
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
