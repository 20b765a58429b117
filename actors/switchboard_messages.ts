import type { Refusal } from "../protocol/errors.ts";
import type { Name } from "../protocol/names.ts";
import type { Belonging, LogRow, Room, RoomId, UserId, UserRef } from "../store/store.ts";
import type { Ref } from "./actor.ts";
import type { RoomKey } from "./directory.ts";
import type { HubMessage } from "./hub_messages.ts";
import type { FromNodes } from "./relay_messages.ts";
import type { Session } from "./session.ts";

export type SwitchboardMessage =
  /** Where several nodes serve the same rooms. */
  | FromNodes
  /** A new session wants to be known; refused when another user holds its name. */
  | {
    readonly type: "connect";
    readonly session: Session;
    reply(refused: Refusal | undefined): void;
  }
  /**
   * Its client was told of these groups and direct conversations, as far as they go: from now on it
   * hears of them. Undefined: it was told nothing.
   */
  | {
    readonly type: "welcomed";
    readonly session: Session;
    readonly belongings: readonly Belonging[] | undefined;
  }
  | { readonly type: "disconnect"; readonly session: Session }
  /** Who serves this room? Starts its hub when none does. */
  | {
    readonly type: "route";
    readonly key: RoomKey;
    /** Make the room when it does not exist: a public one, or a direct conversation. */
    readonly create: boolean;
    /** The group of addresses that a room made for this counts against. */
    readonly from?: string;
    reply(hub: Ref<HubMessage> | Refusal): void;
  }
  /** Which user is online under this name, or was until a moment ago? */
  | {
    readonly type: "holder";
    readonly canonicalName: string;
    reply(user: UserRef | undefined): void;
  }
  /** Who is called this, online or in the store? */
  | {
    readonly type: "resolve";
    readonly name: Name;
    reply(user: UserRef | Refusal): void;
  }
  /** A hub wants to hear of these users' sessions, coming and there already. */
  | {
    readonly type: "watch";
    readonly hub: Ref<HubMessage>;
    readonly users: readonly UserId[];
    /** It wants to hear when it has been told of all that were there. */
    readonly answer?: boolean;
    /** Told who of them is online. */
    reply?(online: readonly UserId[]): void;
  }
  /** Of this user no more, or of nobody. */
  | {
    readonly type: "unwatch";
    readonly hub: Ref<HubMessage>;
    readonly user?: UserId | undefined;
  }
  /** So many are in a public room, and so many of them on this node. */
  | {
    readonly type: "count";
    readonly room: RoomId;
    readonly count: number;
    readonly here: number;
  }
  /** How many are in which active room. */
  | { readonly type: "counts"; reply(counts: ReadonlyMap<RoomId, number>): void }
  | { readonly type: "dissolved"; readonly room: Room }
  /** A group was made, with these first events. */
  | {
    readonly type: "began";
    readonly room: Room;
    readonly rows: readonly LogRow[];
    readonly by: UserRef;
  }
  | EndSessions
  /** Time to free the names of guests who have not been seen for long. */
  | { readonly type: "forget" }
  /** Says something to everybody. */
  | { readonly type: "notice"; readonly content: string }
  /** A session that was let in may not have its name. */
  | { readonly type: "nameless"; readonly session: Session }
  /** It is time to tell the other nodes who is online here. */
  | { readonly type: "share" }
  /** A user's grace after its last session is over. */
  | { readonly type: "grace_over"; readonly user: UserId }
  /** Takes nothing new, lets the hubs finish, then closes every session with 1001. */
  | { readonly type: "shutdown"; reply(): void };

/** Ends a user's connections: all, those of one token, or all but one token's. */
export interface EndSessions {
  readonly type: "end_sessions";
  readonly user: UserId;
  readonly token?: string | undefined;
  readonly exceptToken?: string | undefined;
  readonly code: number;
  readonly reason: string;
}
