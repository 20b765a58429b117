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

/** Writes the events of a log that are no messages. */
export class ChangeLog implements ChangeTable {
  readonly #insert;

  constructor(db: Database) {
    this.#insert = db.prepare(
      `INSERT INTO changes (room, seq, type, sender, at, target, subject, content, data)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
  }

  write({ room, by, no, at }: Act, change: Change): Appended {
    const { type, target, subject, content } = change;
    const data = change.data ? JSON.stringify(change.data) : null;
    const seq = ++room.seq;
    const row: ChangeRow = changeOf({
      room: room.id,
      seq,
      at,
      type,
      author: by.name,
      target: target ?? null,
      content: content ?? null,
      data,
      subjectId: subject?.user.id ?? null,
      subject: subject?.user.name ?? null,
    });
    const about = subject?.no ?? null;
    this.#insert.run(room.id, seq, type, no, at, target ?? null, about, content ?? null, data);
    return { row, duplicate: false };
  }
}
