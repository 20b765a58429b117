import type { Database } from "./database.ts";
import { conversationOf, type ConversationRecord } from "./people_rows.ts";
import { ROOM_COLUMNS } from "./rows.ts";
import type { Belonging, Conversation, UserId } from "./store.ts";

/** A direct room counts from its first message on: opening one tells the other nothing. */
export const BEGUN = "r.dissolved_at IS NULL AND (r.kind <> 'direct' OR r.seq > 0)";

/** What a user sees on connecting, each in one query. */
export class Conversations {
  readonly #of;
  readonly #peers;
  readonly #belongings;

  constructor(db: Database) {
    this.#of = db.prepare<ConversationRecord>(
      `WITH recent AS MATERIALIZED (
         SELECT m.room, m.seq FROM messages AS m
         WHERE m.id > (SELECT value FROM marks WHERE name = 'authored')
           AND m.sender = (SELECT no FROM users WHERE id = ?1))
       SELECT ${ROOM_COLUMNS}, p.role, p.read,
         r.messages - p.read_ordinal
         - (SELECT count(*) FROM authors AS o
            WHERE o.room = p.room AND o.sender = p.user AND o.seq > p.read)
         - (SELECT count(*) FROM recent AS o WHERE o.room = p.room AND o.seq > p.read)
         - (SELECT count(*) FROM messages AS d
            WHERE d.room = p.room AND d.seq > p.read AND d.sender <> p.user
              AND d.deleted_at IS NOT NULL) AS unread
       FROM users AS me
         JOIN people AS p ON p.user = me.no AND p.role > 0
         JOIN rooms AS r ON r.id = p.room
         LEFT JOIN users AS a ON a.no = r.user_a
         LEFT JOIN users AS b ON b.no = r.user_b
       WHERE me.id = ?1 AND ${BEGUN}`,
    );
    this.#belongings = db.prepare<Omit<Belonging, "user">>(
      `SELECT r.id AS room, r.kind, r.seq, p.read FROM users AS me
         JOIN people AS p ON p.user = me.no AND p.role > 0
         JOIN rooms AS r ON r.id = p.room
       WHERE me.id = ? AND r.kind IN ('direct', 'group') AND ${BEGUN}`,
    );
    this.#peers = db.prepare<{ id: UserId }>(
      `SELECT DISTINCT u.id FROM users AS me
         JOIN people AS p ON p.user = me.no AND p.role > 0
         JOIN rooms AS r ON r.id = p.room
         JOIN people AS q ON q.room = p.room AND q.role > 0
         JOIN users AS u ON u.no = q.user
       WHERE me.id = ? AND r.kind IN ('direct', 'group') AND q.user <> p.user AND ${BEGUN}`,
    );
  }

  of(user: UserId): Conversation[] {
    return this.#of.all(user).map((record) => conversationOf(record, user));
  }

  /** One statement a user: there is no way to the database and back that could be spared. */
  belongings(users: readonly UserId[]): Belonging[] {
    return users.flatMap((user) =>
      this.#belongings.all(user).map((belonging) => ({ ...belonging, user }))
    );
  }

  peers(user: UserId): UserId[] {
    return this.#peers.all(user).map((record) => record.id);
  }
}
