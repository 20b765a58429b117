import {
  CHANGE_COLUMNS,
  changeOf,
  type ChangeRecord,
  MESSAGE_COLUMNS,
  messageOf,
  type MessageRecord,
  type ReactionRecord,
  reactionsByTarget,
} from "../rows.ts";
import type { HistoryQuery, LogRow, MessageRow, Page, RoomId } from "../store.ts";
import type { Database, Reader } from "./database.ts";
import { raw, type Sql, sql } from "./sql.ts";

export interface MessagePlace {
  readonly id: number;
  readonly seq: number;
  readonly at: number;
}

/**
 * A page begins with the log, in the order of its key: where the server's statistics are behind, it
 * would begin with the users and sort what all of them said in the room.
 */
const MESSAGES = raw(`STRAIGHT_JOIN ${MESSAGE_COLUMNS}
  FROM messages AS m JOIN users AS u ON u.no = m.sender`);
const CHANGES = raw(
  `STRAIGHT_JOIN ${CHANGE_COLUMNS} FROM changes AS c JOIN users AS u ON u.no = c.sender
  LEFT JOIN users AS s ON s.no = c.subject`,
);

/**
 * Reads a room's log. The questions of one call are each of their own moment: an event that is
 * committed in between is not missed, because the end of the log is asked for first.
 */
export class History {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** The log has no holes, so the newest `limit` events are the last `limit` numbers. */
  since(room: RoomId, after: number, upTo: number, limit: number): Promise<LogRow[]> {
    return this.#db.read(async (reader) => {
      const last = Math.min(upTo, await endOf(reader, room));
      const first = Math.max(after, last - limit);
      if (first >= last) return [];
      const [messages, changes, reactions] = await reader.script([
        sql`SELECT ${MESSAGES} WHERE m.room = ${room} AND m.seq > ${first} AND m.seq <= ${last}
          ORDER BY m.seq`,
        sql`SELECT ${CHANGES} WHERE c.room = ${room} AND c.seq > ${first} AND c.seq <= ${last}
          ORDER BY c.seq`,
        reactionsTo(room, first + 1, last),
      ]) as unknown as [MessageRecord[], ChangeRecord[], ReactionRecord[]];
      const byTarget = reactionsByTarget(reactions);
      const rows = messages.map((record) => messageOf(record, byTarget.get(record.seq)));
      if (changes.length === 0) return rows;
      return [...rows, ...changes.map(changeOf)].sort((a, b) => a.seq - b.seq);
    });
  }

  async heads(rooms: readonly RoomId[]): Promise<Map<RoomId, number>> {
    if (rooms.length === 0) return new Map();
    const heads = await this.#db.rows<{ id: RoomId; seq: number }>(
      sql`SELECT id, seq FROM rooms WHERE id IN (${rooms})`,
    );
    return new Map(heads.map(({ id, seq }) => [id, seq]));
  }

  page(room: RoomId, query: HistoryQuery): Promise<Page<MessageRow>> {
    const { after, until, limit } = query;
    return this.#db.read(async (reader) => {
      let before = query.before ?? Number.MAX_SAFE_INTEGER;
      if (until !== undefined) {
        const end = Math.min(before - 1, await endOf(reader, room));
        before = 1 + await halve(reader, room, end, (message) => message.at <= until);
      }
      const at = until ?? Number.MAX_SAFE_INTEGER;
      const order = raw(after === undefined ? "DESC" : "ASC");
      const records = await reader.rows<MessageRecord>(
        sql`SELECT ${MESSAGES} WHERE m.room = ${room} AND m.seq > ${after ?? 0}
            AND m.seq < ${before} AND m.at <= ${at} ORDER BY m.seq ${order} LIMIT ${limit + 1}`,
      );
      const more = records.length > limit;
      if (more) records.pop();
      if (after === undefined) records.reverse();
      return { rows: await present(reader, room, records), more };
    });
  }
}

/** With the reactions to them; in the order of their numbers. */
async function present(
  reader: Reader,
  room: RoomId,
  records: readonly MessageRecord[],
): Promise<MessageRow[]> {
  const first = records[0];
  const last = records.at(-1);
  if (!first || !last) return [];
  const reactions = await reader.rows<ReactionRecord>(reactionsTo(room, first.seq, last.seq));
  const byTarget = reactionsByTarget(reactions);
  return records.map((record) => messageOf(record, byTarget.get(record.seq)));
}

function reactionsTo(room: RoomId, first: number, last: number): Sql {
  return sql`SELECT STRAIGHT_JOIN x.target, x.emoji, u.name FROM reactions AS x JOIN users AS u ON u.no = x.user
    WHERE x.room = ${room} AND x.target >= ${first} AND x.target <= ${last}
    ORDER BY x.target, x.emoji, x.seq`;
}

export async function endOf(reader: Reader, room: RoomId): Promise<number> {
  const [end] = await reader.rows<{ seq: number }>(sql`SELECT seq FROM rooms WHERE id = ${room}`);
  return end?.seq ?? 0;
}

/**
 * The highest number up to `end` whose last message is early enough; 0 when none is. Times rise
 * with the numbers, except where a clock was put back; there it may be any of the crossings.
 */
export async function halve(
  reader: Reader,
  room: RoomId,
  end: number,
  isEarly: (message: MessagePlace) => boolean,
): Promise<number> {
  let low = 0;
  let high = end;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const last = await lastUpTo(reader, room, middle);
    if (!last || isEarly(last)) low = middle;
    else high = last.seq - 1;
  }
  return low;
}

export async function lastUpTo(
  reader: Reader,
  room: RoomId,
  seq: number,
): Promise<MessagePlace | undefined> {
  const [message] = await reader.rows<MessagePlace>(
    sql`SELECT id, seq, at FROM messages WHERE room = ${room} AND seq <= ${seq}
      ORDER BY seq DESC LIMIT 1`,
  );
  return message;
}
