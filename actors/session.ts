import { type ErrorCode, Refusal } from "../protocol/errors.ts";
import type { ServerEvent } from "../protocol/events.ts";
import { encode } from "../protocol/json_codec.ts";
import { textError, textGathered, textLines, type TextView } from "../protocol/text_codec.ts";
import type { UserRef } from "../store/store.ts";
import type { Outbox } from "./outbox.ts";

/** How a session is shown what happens: JSON events, or lines with or without names. */
export type View = "json" | TextView;

/** An event as a viewer gets it; undefined when that viewer is shown nothing of it. */
export function show(event: ServerEvent, view: View): string | undefined {
  if (view === "json") return encode(event);
  switch (event.type) {
    case "message":
    case "edited":
    case "deleted":
    case "reacted":
    case "room":
    case "member":
    case "notice":
      return textLines(event, view);
    case "joined":
    case "left":
      // The replies of the same types list nobody who came or went.
      return "users" in event ? textGathered(event.type, event.users, view) : undefined;
    case "error":
      return textError(new Refusal(event.code, event.message));
    default:
      return undefined;
  }
}

/** A connection as the hubs and the switchboard know it. */
export interface Session {
  readonly id: string;
  readonly user: UserRef;
  readonly canonicalName: string;
  readonly view: View;
  readonly address: string;
  /** The group of addresses that what it opens is counted against. */
  readonly addressGroup: string;
  /** The token's session row, when an account's; ending that row ends this connection. */
  readonly tokenId?: string | undefined;
  /** No connection: it says one thing, and what it may do was looked up before. */
  readonly errand?: true;
  readonly out: Outbox;
  /** Told of every refusal it is sent. */
  readonly onRefused?: ((code: ErrorCode) => void) | undefined;
}
