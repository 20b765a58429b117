import type { Role } from "../protocol/commands.ts";
import type { Party } from "../protocol/rules.ts";
import type { Act, Change, OpenRoom } from "./change_log.ts";
import type { Appended, MessageRow, RoomId, Standing, UserId, UserRef } from "./store.ts";

/**
 * What the operations on a log (log.ts and those it calls) ask of the tables, inside one
 * transaction and at once. SQLite's tables are asked as they are; MySQL's were read before
 * (mysql/working_set.ts) and are written after. So rights and numbers are decided in one place.
 */
export interface Tables {
  readonly users: UserTable;
  readonly rooms: RoomTable;
  readonly people: PeopleTable;
  readonly messages: MessageTable;
  readonly changes: ChangeTable;
  readonly blocks: BlockTable;
}

export interface UserTable {
  /** The user's number; the row is made when there is none. */
  ensure(user: UserRef, at: number): number;
  /** As `ensure`; a guest holds its name from then on, unless another holds it. */
  settle(user: UserRef, at: number): number;
  find(id: UserId): number | undefined;
  /** Whether it was an account that has ended. Of those only who are to be members of a room. */
  isDeleted(id: UserId): boolean;
  /** Whether it is an administrator now. Of those only who care for a public room, or whom that is about. */
  isAdmin(id: UserId): boolean;
}

/** A room's row, as far as a log needs it. */
export interface RoomHead {
  readonly kind: OpenRoom["kind"];
  readonly seq: number;
  readonly messages: number;
  readonly dissolvedAt: number | null;
  readonly userA: number | null;
  readonly userB: number | null;
}

export interface Card {
  readonly title: string | null;
  readonly topic: string | null;
  readonly icon: string | null;
}

export interface RoomTable {
  head(id: RoomId): RoomHead | undefined;
  saveHead(room: OpenRoom): void;
  card(id: RoomId): Card | undefined;
  setCard(id: RoomId, card: Card): void;
  /** Frees the name, too. */
  dissolve(id: RoomId, at: number): void;
}

/** A room and where its log ends now: in a transaction, where it will end. */
export interface LogEnd {
  readonly id: RoomId;
  readonly seq: number;
  readonly messages: number;
}

export interface PeopleTable {
  standing(room: RoomId, user: number): Standing;
  /** As the rules see it at the moment `at`. */
  party(room: RoomId, user: number, at: number): Party;
  owner(room: RoomId): number | undefined;
  /** Who comes next when `user` goes: the highest in role, then the longest-serving. */
  heir(room: RoomId, user: number): number | undefined;
  /** Makes a member of somebody who is none; the read mark goes to the end of the log. */
  join(room: LogEnd, user: number, role: Role, at: number): void;
  setRole(room: RoomId, user: number, role: Role | undefined): void;
  /** Also ends the membership. */
  setBanned(room: RoomId, user: number, banned: boolean): void;
  setMutedUntil(room: RoomId, user: number, untilMs: number): void;
}

/** A message that is not deleted. */
export interface Target {
  readonly id: number;
  readonly room: RoomId;
  readonly seq: number;
  readonly sender: number;
}

export interface MessageTable {
  /** False when the sender used the key before; then nothing was written. */
  insert(
    room: RoomId,
    seq: number,
    ordinal: number,
    sender: number,
    at: number,
    content: string,
    key: string | null,
    reply: number | null,
  ): boolean;
  byKey(sender: number, key: string): { room: RoomId; seq: number } | undefined;
  exists(room: RoomId, seq: number): boolean;
  bySeq(room: RoomId, seq: number): MessageRow | undefined;
  target(room: RoomId, seq: number): Target | undefined;
  edit(target: Target, content: string, at: number): void;
  /** Leaves nothing of what it ever said, and no reactions. */
  delete(target: Target, at: number): void;
  hasReacted(target: Target, emoji: string, user: number): boolean;
  hasEmoji(target: Target, emoji: string): boolean;
  reactionCount(target: Target): number;
  emojiCount(target: Target): number;
  react(target: Target, emoji: string, user: number, seq: number): void;
  unreact(target: Target, emoji: string, user: number): void;
}

export interface ChangeTable {
  /** Writes an event that is no message, with the room's next number. */
  write(act: Act, change: Change): Appended;
}

export interface BlockTable {
  /**
   * Undefined: there is no such user. `blocks`: takes nothing from `by`. Of those of direct rooms,
   * and of those who are to be members by an act of `by`.
   */
  receiver(user: number, by: number): { deletedAt: number | null; blocks: boolean } | undefined;
  /** When the user's newest message in the room was written, or the one `skipped` before it. */
  wroteAt(room: RoomId, user: number, skipped: number): number | undefined;
}
