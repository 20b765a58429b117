import type { CommandId } from "../protocol/commands.ts";
import { type ErrorCode, Refusal } from "../protocol/errors.ts";
import type { Reply } from "../protocol/events.ts";
import { encode } from "../protocol/json_codec.ts";
import { type Session, show } from "./session.ts";

/** Replies are for JSON clients: a text client sees the events themselves, and errors as lines. */
export function reply(session: Session, re: CommandId, event: Reply): void {
  if (session.view !== "json") return;
  session.out.say(encode(re === undefined ? event : { ...event, re }));
}

export function replyError(session: Session, re: CommandId, refusal: Refusal): void {
  session.onRefused?.(refusal.code);
  const shown = show({
    type: "error",
    ...(re === undefined ? undefined : { re }),
    code: refusal.code,
    message: refusal.message,
    ...(refusal.retryMs === undefined ? undefined : { retry_ms: refusal.retryMs }),
  }, session.view);
  if (shown !== undefined) session.out.say(shown);
}

export function refuse(session: Session, re: CommandId, code: ErrorCode, message: string): void {
  replyError(session, re, new Refusal(code, message));
}

/** What the client is told of a failure inside: the refusal it is, or nothing of its inside. */
export function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof Error && error.name === "StoreError") {
    return new Refusal("unavailable", "the store does not answer now", 1_000);
  }
  if (error instanceof Error && (error.name === "ArchiveBusy" || error.name === "NotTaken")) {
    return new Refusal("busy", "too much is waiting; try again", 200);
  }
  if (error instanceof Error && (error.name === "AskTimeout" || error.name === "ActorStopped")) {
    return new Refusal("unavailable", "no answer in time; try again", 1_000);
  }
  return new Refusal("internal", "something went wrong here");
}
