import type { CommandOf, CommandType } from "../../protocol/commands.ts";
import type { ErrorCode } from "../../protocol/errors.ts";
import type {
  LiveEventOf,
  LiveEventType,
  LogEvent,
  ReplyOf,
  ReplyType,
} from "../../protocol/events.ts";

/** Anything the server says. */
export type ServerEvent =
  | { [T in ReplyType]: ReplyOf<T> }[ReplyType]
  | { [T in LiveEventType]: LiveEventOf<T> }[LiveEventType]
  | LogEvent;

/** The reply that each command gets when it is not refused. */
export interface ReplyTypes {
  join: "joined";
  leave: "left";
  message: "sent";
  unread: "unread";
  history: "history";
  search: "results";
  rooms: "rooms";
  members: "members";
  create: "created";
  ping: "pong";
}
type ReplyTypeOf<T extends CommandType> = T extends keyof ReplyTypes ? ReplyTypes[T] : "ok";
export type ReplyTo<T extends CommandType> = ReplyOf<ReplyTypeOf<T>>;

/** A command as the caller writes it: the connection numbers it. */
export type CommandBody<T extends CommandType> = Omit<CommandOf<T>, "id">;

/** The server refused a command. */
export class Refused extends Error {
  override readonly name = "Refused";
  constructor(readonly code: ErrorCode, message: string, readonly retryMs?: number) {
    super(message);
  }
  /** Trying the same again later may well succeed. */
  get passing(): boolean {
    return this.code === "rate_limited" || this.code === "busy" ||
      this.code === "unavailable" || this.code === "internal";
  }
}

/** The line was down, or went down before the reply came: whether it was done is unknown. */
export class LineLost extends Error {
  override readonly name = "LineLost";
}

/** The objects in one frame. What is not a JSON object with a `type` is skipped. */
export function parseFrame(text: string): ServerEvent[] {
  const events: ServerEvent[] = [];
  for (const line of text.split("\n")) {
    if (line === "") continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      continue;
    }
    if (isTyped(value)) events.push(value as ServerEvent);
  }
  return events;
}

function isTyped(value: unknown): value is { type: string } {
  return typeof value === "object" && value !== null && "type" in value &&
    typeof value.type === "string";
}
