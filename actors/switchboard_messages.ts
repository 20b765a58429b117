import type { Refusal } from "../protocol/errors.ts";
import type { Name } from "../protocol/names.ts";
import type { Belonging, LogRow, Member, Room, RoomId, UserId, UserRef } from "../store/store.ts";
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
  /**
   * The hub of a group or direct room starts, and wants to hear of its people's sessions as with
   * `watch`: of those who are its members now and, unless it was here `before`, of those whom it
   * goes on for.
   */
  | {
    readonly type: "opening";
    readonly hub: Ref<HubMessage>;
    readonly room: Room;
    readonly members: readonly Member[];
    readonly before: boolean;
    reply(people: OpeningPeople): void;
  }
  /** The hub of a group or direct room ends, and these users have been sent everything up to `seq`. */
  | {
    readonly type: "rested";
    readonly room: RoomId;
    readonly seq: number;
    readonly users: readonly UserId[];
  }
  /** A hub wants to hear of this user's sessions, coming and there already. */
  | { readonly type: "watch"; readonly hub: Ref<HubMessage>; readonly user: UserId }
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

/** Whom a hub starts for. Before it is answered this, it has been told of the sessions there. */
export interface OpeningPeople {
  /** Those of them who are online. */
  readonly online: readonly UserId[];
  /** Where it goes on for its people here. Empty: from where its log ends. */
  readonly resume: readonly Resume[];
}

/** Somebody here who belonged to a room that had no hub here, and up to where it was sent it. */
export interface Resume {
  readonly user: UserRef;
  readonly from: number;
}

/** Ends a user's connections: all, those of one token, or all but one token's. */
export interface EndSessions {
  readonly type: "end_sessions";
  readonly user: UserId;
  readonly token?: string | undefined;
  readonly exceptToken?: string | undefined;
  readonly code: number;
  readonly reason: string;
}
