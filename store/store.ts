import type { Role } from "../protocol/commands.ts";
import type { ErrorCode } from "../protocol/errors.ts";
import type { MemberChange, RoomKind } from "../protocol/events.ts";

/**
 * The store contract. `sqlite.ts`, `memory.ts` and `mysql/` implement it and pass one shared suite
 * (`suite.ts`). Writes are called by the archive actor alone, one at a time; reads may be
 * called by anyone at any time and never queue behind writes.
 *
 * Long because it is one contract: whoever implements it reads all of it, and its types say what its
 * methods take and answer.
 *
 * Every method may throw `StoreError`; `append` and `createRoom` answer refusals as values because
 * they are part of a group.
 */

/** 16 random characters [0-9a-z]; made outside the store, so that a guest costs it nothing. */
export type UserId = string;
export type RoomId = number;

/** Enough of a user to write its row: whoever acts or is named gets a row when it has none. */
export interface UserRef {
  readonly id: UserId;
  /** As shown. */
  readonly name: string;
  readonly guest: boolean;
}

export interface User extends UserRef {
  readonly admin: boolean;
  readonly createdAt: number;
  readonly seenAt: number;
  /** A deleted account keeps its row, nameless, so that what it said keeps an author. */
  readonly deletedAt?: number;
}

export interface Room {
  readonly id: RoomId;
  /** As shown; for a direct room the internal name, which no client can type. */
  readonly name: string;
  readonly kind: RoomKind;
  readonly title?: string;
  readonly topic?: string;
  readonly icon?: string;
  /** The last sequence number given; 0 for an empty log. */
  readonly seq: number;
  readonly createdAt: number;
  readonly dissolvedAt?: number;
  /** A direct room's two users. */
  readonly between?: readonly [UserRef, UserRef];
}

/** What a user is in a room. A user without a row there is `STRANGER`. */
export interface Standing {
  /** Undefined: no lasting membership. */
  readonly role?: Role;
  readonly banned: boolean;
  /** Milliseconds since 1970; 0 when not muted. */
  readonly mutedUntil: number;
  /** The read mark; it never goes back. */
  readonly read: number;
}

export const STRANGER: Standing = { banned: false, mutedUntil: 0, read: 0 };

/** One thing to be written to a room's log. */
export interface Append {
  readonly room: RoomId;
  readonly by: UserRef;
  readonly op: Op;
}

export type Op =
  | {
    readonly type: "message";
    readonly content: string;
    readonly key?: string | undefined;
    readonly reply?: number | undefined;
  }
  | { readonly type: "edit"; readonly target: number; readonly content: string }
  | { readonly type: "delete"; readonly target: number }
  | {
    readonly type: "react";
    readonly target: number;
    readonly emoji: string;
    readonly on: boolean;
  }
  | {
    readonly type: "set";
    readonly title?: string | undefined;
    readonly topic?: string | undefined;
    readonly icon?: string | undefined;
  }
  | { readonly type: "dissolve" }
  /** Lasting membership of a public room (by a join) or the end of any lasting membership. */
  | { readonly type: "leave" }
  | { readonly type: "invite"; readonly user: UserRef }
  | {
    readonly type: "kick" | "ban";
    readonly user: UserRef;
    readonly reason?: string | undefined;
  }
  | { readonly type: "unban"; readonly user: UserRef }
  | { readonly type: "mute"; readonly user: UserRef; readonly untilMs: number }
  | { readonly type: "role"; readonly user: UserRef; readonly role: Role };

/** One event of a room's log as it is kept. `from` is a name, as it is shown now. */
export type LogRow =
  & { readonly room: RoomId; readonly seq: number; readonly at: number; readonly from: string }
  & (
    | MessageFields
    | { readonly type: "edited"; readonly target: number; readonly content: string }
    | { readonly type: "deleted"; readonly target: number }
    | {
      readonly type: "reacted";
      readonly target: number;
      readonly emoji: string;
      readonly on: boolean;
    }
    | {
      readonly type: "room";
      readonly title?: string;
      readonly topic?: string;
      readonly icon?: string;
      readonly created?: boolean;
      readonly dissolved?: boolean;
    }
    | {
      readonly type: "member";
      readonly user: string;
      readonly userId: UserId;
      readonly change: MemberChange;
      readonly role?: Role;
      readonly untilMs?: number;
      readonly reason?: string;
    }
  );

/** A message in its present state: edits applied, content empty once deleted. */
export interface MessageFields {
  readonly type: "message";
  readonly content: string;
  readonly fromId: UserId;
  readonly key?: string;
  readonly reply?: number;
  readonly editedAt?: number;
  readonly deletedAt?: number;
  /** Names by emoji; absent when there are none. */
  readonly reactions?: Readonly<Record<string, readonly string[]>>;
}

export type MessageRow = Extract<LogRow, { type: "message" }>;
/**
 * A search result: `id` orders messages of all rooms by age; `roomName` is the room's name as the
 * searcher sees it, `@bob` for a direct one.
 */
export type FoundRow = MessageRow & { readonly id: number; readonly roomName: string };

export type Appended =
  | { readonly row: LogRow; readonly duplicate: boolean }
  /** Nothing was written: the operation changed nothing (e.g. a reaction that is there already). */
  | { readonly row: undefined; readonly seq: number }
  | { readonly refused: ErrorCode; readonly message: string };

export interface HistoryQuery {
  /** Only seq below. */
  readonly before?: number | undefined;
  /** Only seq above; then the page starts there instead of ending at the newest. */
  readonly after?: number | undefined;
  /** Only messages at or before this time. */
  readonly until?: number | undefined;
  readonly limit: number;
}

export interface Page<T> {
  readonly rows: readonly T[];
  readonly more: boolean;
  /**
   * Search only, when there is more: give it as `before`. Also there when no row is: a search is
   * bounded in time and may stop before it found anything.
   */
  readonly next?: number;
}

export interface Conversation {
  readonly room: Room;
  /** A direct room: who the other is. */
  readonly other?: UserRef;
  readonly role: Role;
  readonly read: number;
  /** Messages after the read mark that others wrote and nobody deleted. */
  readonly unread: number;
}

/** A user's place in a group or direct conversation. */
export interface Belonging {
  readonly room: RoomId;
  readonly kind: "group" | "direct";
  /** Where the room's log ends. */
  readonly seq: number;
  readonly user: UserId;
  readonly read: number;
}

export interface Member {
  readonly user: UserRef;
  readonly role: Role;
  /** Milliseconds since 1970; 0 when not muted. */
  readonly mutedUntil: number;
  readonly read: number;
}

export interface NewRoom {
  /** As the maker wrote it; unique by `canonical`. */
  readonly name: string;
  readonly canonical: string;
  readonly kind: "public" | "group";
  readonly title?: string | undefined;
  readonly topic?: string | undefined;
  readonly icon?: string | undefined;
  /** Becomes the owner; undefined for a public room made by a mere join, which nobody owns. */
  readonly owner?: UserRef | undefined;
  readonly members?: readonly UserRef[] | undefined;
}

export interface Search {
  readonly query: string;
  /** Only rooms this user may read: public ones and those it is a member of. */
  readonly user: UserId;
  readonly room?: RoomId | undefined;
  /** Only ids below. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** An account's or guest's session: what a token names, so that it can be ended. */
export interface Session {
  readonly id: string;
  readonly user: UserId;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** What an open connection goes by; `ended` says whether it still holds. */
export interface Credentials {
  readonly user: UserId;
  /** Of an account: the session it came with. A guest has none. */
  readonly session?: string | undefined;
  /** Of a guest: the name it is known by. */
  readonly canonical?: string | undefined;
}

/** Why a connection must end: its session has, or another user holds its name now. */
export type Ended = "session" | "name";

export interface Finding {
  readonly room?: string;
  readonly what: string;
  readonly repaired: boolean;
}

export interface Store {
  readonly kind: "sqlite" | "mysql" | "memory";

  // --- the log -------------------------------------------------------------------------------
  /**
   * Writes a group in one transaction, all rows with the time `at`, in the given order, and
   * answers each item in the same order. Rights are checked here, by protocol/rules.ts, against
   * the state inside the transaction; for a plain message only what the hub cannot know is
   * checked (a direct room's blocks and stranger limit, that `reply` names a message).
   */
  append(batch: readonly Append[], at: number): Promise<readonly Appended[]>;
  /** Up to `limit` newest events with after < seq <= upTo, ascending. */
  since(room: RoomId, after: number, upTo: number, limit: number): Promise<readonly LogRow[]>;
  /** Where the logs of these rooms end, in one query; without those that do not exist. */
  heads(rooms: readonly RoomId[]): Promise<ReadonlyMap<RoomId, number>>;
  history(room: RoomId, query: HistoryQuery): Promise<Page<MessageRow>>;
  search(search: Search): Promise<Page<FoundRow>>;
  /** Catches the search index up by at most `limit` messages; answers whether some are left. */
  index(limit: number): Promise<boolean>;

  // --- rooms ---------------------------------------------------------------------------------
  room(id: RoomId): Promise<Room | undefined>;
  roomByName(canonical: string): Promise<Room | undefined>;
  /** Refused with `conflict` when the name is taken. */
  createRoom(
    room: NewRoom,
    at: number,
  ): Promise<{ room: Room } | { refused: ErrorCode; message: string }>;
  /** The direct room of two users, made when there is none. */
  openDirect(a: UserRef, b: UserRef, at: number): Promise<Room>;
  directBetween(a: UserId, b: UserId): Promise<Room | undefined>;
  /** Public rooms, by name, at most `limit`. */
  publicRooms(limit: number): Promise<readonly Room[]>;
  /** Makes a public room one of the user's conversations: a role and nothing in the log. */
  enroll(room: RoomId, user: UserRef, at: number): Promise<void>;

  // --- people in rooms -----------------------------------------------------------------------
  standing(room: RoomId, user: UserId): Promise<Standing>;
  members(room: RoomId, limit: number): Promise<readonly Member[]>;
  memberCount(room: RoomId): Promise<number>;
  /** Every conversation of a user with its unread count, in one query. */
  conversations(user: UserId): Promise<readonly Conversation[]>;
  /** The groups and begun direct conversations of these users, in one query. */
  belongings(users: readonly UserId[]): Promise<readonly Belonging[]>;
  /** Answers the mark as it is now: the given seq, clamped to the log, or an older higher one. */
  markRead(room: RoomId, user: UserRef, seq: number): Promise<number>;
  /** Users who share a direct conversation or a group with this one. */
  peers(user: UserId): Promise<readonly UserId[]>;

  // --- people --------------------------------------------------------------------------------
  userById(id: UserId): Promise<User | undefined>;
  userByName(canonical: string): Promise<User | undefined>;
  /**
   * Frees the name of a guest that has neither a direct conversation nor a group: called when it
   * has been offline for its grace. Answers whether the name is free now.
   */
  releaseName(id: UserId): Promise<boolean>;
  /** Writes the row when there is none; `name_taken` when another user holds the name. */
  ensureUser(user: UserRef, canonical: string, at: number): Promise<void>;
  /** A guest becomes an account, or a new account is made: with its first session, or not at all. */
  createAccount(
    user: UserRef,
    canonical: string,
    passwordHash: string,
    at: number,
    session?: Session,
  ): Promise<User | { refused: ErrorCode; message: string }>;
  passwordHash(id: UserId): Promise<string | undefined>;
  setPasswordHash(id: UserId, passwordHash: string): Promise<void>;
  setAdmin(id: UserId, admin: boolean): Promise<void>;
  deleteUser(id: UserId, at: number): Promise<void>;
  seen(id: UserId, at: number): Promise<void>;
  /**
   * Frees the names of guests: those without a direct conversation or group that are not in
   * `online`, and the others when not seen since `idleBefore`. Answers how many.
   */
  forgetGuests(idleBefore: number, online: ReadonlySet<UserId>): Promise<number>;
  setBlocked(user: UserRef, blocked: UserRef, on: boolean, at: number): Promise<void>;
  /** Whether `user` has blocked `other`. */
  blocks(user: UserId, other: UserId): Promise<boolean>;

  // --- sessions ------------------------------------------------------------------------------
  createSession(session: Session): Promise<void>;
  session(id: string): Promise<Session | undefined>;
  endSession(id: string): Promise<void>;
  /** Ends all sessions of a user but one; answers how many. */
  endSessions(user: UserId, except?: string): Promise<number>;
  /**
   * Of these connections, by their place in the list, those that must end: an account's without its
   * session, which may have expired by `at`; a guest's that has become an account; one whose name
   * is another's. Asked for many at a time, again and again: few queries, however many they are.
   */
  ended(connections: readonly Credentials[], at: number): Promise<ReadonlyMap<number, Ended>>;

  // --- the store itself ----------------------------------------------------------------------
  /** Throws when the store cannot write right now. Side effect: one small row. */
  probe(): Promise<void>;
  /** Recomputes what is derived, reports what differs and, when asked, puts it right. */
  check(repair: boolean): Promise<readonly Finding[]>;
  /** Copies the whole store to a new file while running (SQLite). */
  backup(path: string): Promise<void>;
  close(): Promise<void>;
}

/** Why a store failed, for those who decide what to do about it. */
export type StoreFailure =
  /** Another process holds the lock: trying again makes sense. */
  | "locked"
  /** The disk is full. */
  | "full"
  /** An I/O error: what was being written is not acknowledged. */
  | "io"
  | "corrupt"
  /** Made by a newer Hubbub. */
  | "newer"
  /** It is being filled from another store, and is not whole yet. */
  | "unfinished"
  /** The path cannot be opened or written. */
  | "unwritable"
  /** Nobody answers in time: whether what was being written is there is not known. */
  | "unreachable"
  | "other";

export class StoreError extends Error {
  override readonly name = "StoreError";

  constructor(readonly failure: StoreFailure, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** Settings of the stranger limit (docs/protocol.md, "Direct messages"). */
export interface StrangerLimit {
  /** Messages to someone who has not answered; 0 turns the limit off. */
  readonly messages: number;
  readonly forgetMs: number;
}

export const DEFAULT_STRANGER_LIMIT: StrangerLimit = {
  messages: 3,
  forgetMs: 90 * 24 * 3600 * 1000,
};
