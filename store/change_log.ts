import type { RoomKind } from "../protocol/events.ts";
import type { Database } from "./database.ts";
import {
  changeOf,
  type ChangeRow,
  type ChangeType,
  type MemberData,
  type ReactionData,
  type RoomData,
} from "./rows.ts";
import type { Appended, RoomId, UserRef } from "./store.ts";
import type { ChangeTable } from "./tables.ts";

/** A room as a transaction sees and moves it; `seq` and `messages` are saved at the end. */
export interface OpenRoom {
  readonly id: RoomId;
  readonly kind: RoomKind;
  seq: number;
  readonly savedSeq: number;
  messages: number;
  dissolved: boolean;
  /** A direct room's two users, by number. */
  readonly between: readonly [number, number] | undefined;
}

/** Who does something in which room, and when. */
export interface Act {
  readonly room: OpenRoom;
  readonly by: UserRef;
  /** The user's number. */
  readonly no: number;
  readonly at: number;
}

/** An event that is no message, before it has its number. */
export interface Change {
  readonly type: ChangeType;
  readonly target?: number;
  readonly subject?: { readonly user: UserRef; readonly no: number };
  readonly content?: string;
  readonly data?: ReactionData | RoomData | MemberData;
}

/** Nothing had to be written. */
export function unchanged({ room }: Act): Appended {
  return { row: undefined, seq: room.seq };
}

/** A change as it is kept. */
export interface KeptChange {
  readonly room: RoomId;
  readonly seq: number;
  readonly type: ChangeType;
  readonly sender: number;
  readonly at: number;
  readonly target: number | null;
  readonly subject: number | null;
  readonly content: string | null;
  readonly data: string | null;
}

/** Gives a change the room's next number: as it is told, and as it is kept. */
export function numbered(act: Act, change: Change): { row: ChangeRow; kept: KeptChange } {
  const { room, by, no, at } = act;
  const { type, subject } = change;
  const kept: KeptChange = {
    room: room.id,
    seq: ++room.seq,
    type,
    sender: no,
    at,
    target: change.target ?? null,
    subject: subject?.no ?? null,
    content: change.content ?? null,
    data: change.data ? JSON.stringify(change.data) : null,
  };
  const row = changeOf({
    ...kept,
    author: by.name,
    subjectId: subject?.user.id ?? null,
    subject: subject?.user.name ?? null,
  });
  return { row, kept };
}

/** Writes the events of a log that are no messages. */
export class ChangeLog implements ChangeTable {
  readonly #insert;

  constructor(db: Database) {
    this.#insert = db.prepare(
      `INSERT INTO changes (room, seq, type, sender, at, target, subject, content, data)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
  }

  write(act: Act, change: Change): Appended {
    const { row, kept } = numbered(act, change);
    const { room, seq, type, sender, at, target, subject, content, data } = kept;
    this.#insert.run(room, seq, type, sender, at, target, subject, content, data);
    return { row, duplicate: false };
  }
}
