import type { Database } from "./database.ts";
import {
  CHANGE_COLUMNS,
  changeOf,
  type ChangeRecord,
  MESSAGE_COLUMNS,
  messageOf,
  type MessageRecord,
  type ReactionRecord,
  type Reactions,
  reactionsByTarget,
} from "./rows.ts";
import type { HistoryQuery, LogRow, MessageRow, Page, RoomId } from "./store.ts";

interface MessagePlace {
  readonly id: number;
  readonly seq: number;
  readonly at: number;
}

const MESSAGES = "messages AS m JOIN users AS u ON u.no = m.sender";

/** Reads a room's log: every event after a seq, or the messages alone, page by page. */
export class History {
  readonly #seq;
  readonly #messages;
  readonly #changes;
  readonly #before;
  readonly #after;
  readonly #byId;
  readonly #bySeq;
  readonly #reactions;
  readonly #lastUpTo;

  constructor(db: Database) {
    this.#seq = db.prepare<{ seq: number }>("SELECT seq FROM rooms WHERE id = ?");
    this.#messages = db.prepare<MessageRecord>(
      `SELECT ${MESSAGE_COLUMNS} FROM ${MESSAGES}
       WHERE m.room = ? AND m.seq > ? AND m.seq <= ? ORDER BY m.seq`,
    );
    this.#changes = db.prepare<ChangeRecord>(
      `SELECT ${CHANGE_COLUMNS} FROM changes AS c JOIN users AS u ON u.no = c.sender
         LEFT JOIN users AS s ON s.no = c.subject
       WHERE c.room = ? AND c.seq > ? AND c.seq <= ? ORDER BY c.seq`,
    );
    const page = `SELECT ${MESSAGE_COLUMNS} FROM ${MESSAGES}
      WHERE m.room = ? AND m.seq > ? AND m.seq < ? AND m.at <= ? ORDER BY m.seq`;
    this.#before = db.prepare<MessageRecord>(`${page} DESC LIMIT ?`);
    this.#after = db.prepare<MessageRecord>(`${page} LIMIT ?`);
    this.#byId = db.prepare<MessageRecord>(
      `SELECT ${MESSAGE_COLUMNS} FROM ${MESSAGES} WHERE m.id = ?`,
    );
    this.#bySeq = db.prepare<MessageRecord>(
      `SELECT ${MESSAGE_COLUMNS} FROM ${MESSAGES} WHERE m.room = ? AND m.seq = ?`,
    );
    this.#reactions = db.prepare<ReactionRecord>(
      `SELECT x.target, x.emoji, u.name FROM reactions AS x JOIN users AS u ON u.no = x.user
       WHERE x.room = ? AND x.target >= ? AND x.target <= ? ORDER BY x.target, x.emoji, x.seq`,
    );
    this.#lastUpTo = db.prepare<MessagePlace>(
      "SELECT id, seq, at FROM messages WHERE room = ? AND seq <= ? ORDER BY seq DESC LIMIT 1",
    );
  }

  /** The log has no holes, so the newest `limit` events are the last `limit` numbers. */
  since(room: RoomId, after: number, upTo: number, limit: number): LogRow[] {
    const last = Math.min(upTo, this.end(room));
    const first = Math.max(after, last - limit);
    if (first >= last) return [];
    const messages = this.#present(room, this.#messages.all(room, first, last));
    const changes = this.#changes.all(room, first, last);
    if (changes.length === 0) return messages;
    return [...messages, ...changes.map(changeOf)].sort((a, b) => a.seq - b.seq);
  }

  page(room: RoomId, query: HistoryQuery): Page<MessageRow> {
    const { after, until, limit } = query;
    let before = Math.min(query.before ?? Infinity, this.end(room) + 1);
    if (until !== undefined) before = Math.min(before, this.#endAt(room, until, before - 1) + 1);
    const range = [room, after ?? 0, before, until ?? Number.MAX_SAFE_INTEGER] as const;
    const records = (after === undefined ? this.#before : this.#after).all(...range, limit + 1);
    const more = records.length > limit;
    if (more) records.pop();
    if (after === undefined) records.reverse();
    return { rows: this.#present(room, records), more };
  }

  byId(id: number): MessageRow | undefined {
    const record = this.#byId.get(id);
    return record && this.#one(record);
  }

  bySeq(room: RoomId, seq: number): MessageRow | undefined {
    const record = this.#bySeq.get(room, seq);
    return record && this.#one(record);
  }

  #one(record: MessageRecord): MessageRow {
    const { room, seq } = record;
    return messageOf(record, this.#reactionsTo(room, seq, seq).get(seq));
  }

  #present(room: RoomId, records: readonly MessageRecord[]): MessageRow[] {
    const first = records[0];
    const last = records.at(-1);
    if (!first || !last) return [];
    const reactions = this.#reactionsTo(room, first.seq, last.seq);
    return records.map((record) => messageOf(record, reactions.get(record.seq)));
  }

  #reactionsTo(room: RoomId, first: number, last: number): ReadonlyMap<number, Reactions> {
    return reactionsByTarget(this.#reactions.all(room, first, last));
  }

  /** The newest message of the room with an id below. */
  lastBefore(room: RoomId, id: number): MessagePlace | undefined {
    const end = this.#halve(room, this.end(room), (message) => message.id < id);
    return this.#lastUpTo.get(room, end);
  }

  /**
   * Times rise with the numbers, except where the server's clock was put back; there the page may
   * begin at any of the crossings, but never shows a message newer than `until`.
   */
  #endAt(room: RoomId, until: number, end: number): number {
    return this.#halve(room, end, (message) => message.at <= until);
  }

  /** The highest number up to `end` whose last message is early enough; 0 when none is. */
  #halve(room: RoomId, end: number, isEarly: (message: MessagePlace) => boolean): number {
    let low = 0;
    let high = end;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const last = this.#lastUpTo.get(room, middle);
      if (!last || isEarly(last)) low = middle;
      else high = last.seq - 1;
    }
    return low;
  }

  /** One statement a room: there is no way to the database and back that could be spared. */
  heads(rooms: readonly RoomId[]): Map<RoomId, number> {
    const heads = new Map<RoomId, number>();
    for (const room of rooms) {
      const end = this.#seq.get(room);
      if (end) heads.set(room, end.seq);
    }
    return heads;
  }

  end(room: RoomId): number {
    return this.#seq.get(room)?.seq ?? 0;
  }
}
