import type { Command, CommandId, CommandType } from "../protocol/commands.ts";
import type { LogRow, RoomId, Standing, UserId, UserRef } from "../store/store.ts";
import type { AppendedMessage } from "./archive.ts";
import type { Place } from "./audience.ts";
import type { NodeId, RoomNews } from "./relay_news.ts";
import type { Session } from "./session.ts";
import type { OfSession } from "./catching_up.ts";

/** Where the logs of rooms end. */
export type Heads = ReadonlyMap<RoomId, number>;

/** What a session says behind a join that is not decided yet: it waits for that. */
export type Deferred = Extract<HubMessage, { type: "command" | "leave" | "gone" }>;

/** Commands that a hub serves; `join` and `leave` have messages of their own. */
export const HUB_COMMANDS = [
  "message",
  "edit",
  "delete",
  "react",
  "typing",
  "read",
  "members",
  "set",
  "invite",
  "kick",
  "ban",
  "unban",
  "mute",
  "role",
  "dissolve",
] as const satisfies readonly CommandType[];

export type HubCommand = Extract<Command, { type: typeof HUB_COMMANDS[number] }>;

/** A session asks for the room: from `since` on, or with the last `history` messages. */
export interface JoinMessage {
  readonly type: "join";
  readonly session: Session;
  readonly since?: number | undefined;
  readonly history?: number | undefined;
  readonly re: CommandId;
  /**
   * The session was here already when the hub failed, because it had joined or only because its
   * user belongs here: it gets what it missed and no reply.
   */
  readonly again?: "joined" | "attached";
}

export type HubMessage =
  | JoinMessage
  /** What a join needed from the store. */
  | {
    readonly type: "admitted";
    readonly place: Place;
    readonly join: JoinMessage;
    readonly upTo: number;
    readonly standing: Standing;
    readonly rows: readonly LogRow[];
  }
  | {
    readonly type: "not_admitted";
    readonly place: Place;
    readonly join: JoinMessage;
    readonly error: unknown;
  }
  | { readonly type: "leave"; readonly session: Session; readonly re: CommandId }
  /** The connection has ended. */
  | { readonly type: "gone"; readonly session: Session }
  | {
    readonly type: "command";
    readonly session: Session;
    readonly command: HubCommand;
    /** The user that the command names. */
    readonly target?: UserRef | undefined;
  }
  | AppendedMessage
  /** What the hub of this room on another node has to tell. */
  | { readonly type: "relayed"; readonly from: NodeId; readonly news: RoomNews }
  /** From now on, or again, what other nodes tell of this room comes. */
  | { readonly type: "listening" }
  /** Other nodes came or died. */
  | { readonly type: "neighbours" }
  /** It is time to tell other nodes who is in the room here. */
  | { readonly type: "share" }
  /** The room's log goes to this seq, says the store. */
  | { readonly type: "head"; readonly seq: number }
  /** It is time to read what is still missing. */
  | { readonly type: "gap" }
  /**
   * How far the log must have come before this message is handled, and how far it goes, or why that
   * is not known.
   */
  | {
    readonly type: "awaited";
    readonly message: OfSession;
    readonly seq: number;
    readonly head: number;
  }
  | { readonly type: "not_awaited"; readonly message: OfSession; readonly error: unknown }
  /** Rows that were missing `after` a seq. */
  | { readonly type: "filled"; readonly after: number; readonly rows: readonly LogRow[] }
  /** They could not be read. */
  | { readonly type: "not_filled"; readonly error: unknown }
  /** A read mark was written, and is at `seq` now, or could not be. */
  | {
    readonly type: "marked";
    readonly session: Session;
    readonly re: CommandId;
    readonly seq?: number;
    /** The other of a direct room blocks who set it. */
    readonly unseen?: boolean;
    readonly error?: unknown;
  }
  /** Somebody of a direct room writes, whom the other does not block. */
  | { readonly type: "typed"; readonly user: UserRef }
  /**
   * A session of a user that belongs to this group or direct room. `heads`: how far the logs of its
   * conversations went when it was welcomed, or up to where it was sent this one before there was a
   * hub. `there`: it was there before the hub asked for that user's sessions, so its welcome may
   * lack the room.
   */
  | {
    readonly type: "attached";
    readonly session: Session;
    readonly heads?: Heads | undefined;
    readonly there?: boolean;
  }
  /** A watched user came, or has been gone for its grace. */
  | { readonly type: "presence"; readonly user: UserId; readonly online: boolean }
  /** It is time to tell who came and went. */
  | { readonly type: "gathered" }
  /** It is time to look whether anybody still needs this hub. */
  | { readonly type: "idle" }
  /** The server stops: finish what is under way, take nothing new, end. */
  | { readonly type: "finish" };
