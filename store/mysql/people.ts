import { BEGUN } from "../conversations.ts";
import {
  conversationOf,
  type ConversationRecord,
  memberOf,
  type MemberRecord,
  standingOf,
  type StandingRecord,
} from "../people_rows.ts";
import { ROOM_COLUMNS } from "../rows.ts";
import type {
  Belonging,
  Conversation,
  Member,
  RoomId,
  Standing,
  UserId,
  UserRef,
} from "../store.ts";
import { PeopleAhead } from "./ahead/people.ts";
import type { Database } from "./database.ts";
import type { Known } from "./known.ts";
import { raw, type Sql, sql } from "./sql.ts";

interface RoomEnd {
  readonly id: RoomId;
  readonly kind: string;
  readonly seq: number;
  readonly messages: number;
  readonly dissolvedAt: number | null;
}

const CONVERSATION = raw(`${ROOM_COLUMNS}, p.role, p.\`read\``);
/**
 * Tables in the order they are written in: from the user to its rooms. Where the server's statistics
 * are behind, it would begin with all rooms and meet all users: 430 ms instead of 17.
 */
const FROM_ME = raw("STRAIGHT_JOIN");
const BEGUN_ROOM = raw(BEGUN);

/** What users are in rooms, and what rooms are to users. */
export class People {
  readonly #db: Database;
  readonly #known: Known;

  constructor(db: Database, known: Known) {
    this.#db = db;
    this.#known = known;
  }

  async standing(room: RoomId, user: UserId): Promise<Standing> {
    const [record] = await this.#db.rows<StandingRecord>(
      sql`SELECT p.role, p.banned, p.muted_until AS mutedUntil, p.\`read\`
        FROM users AS u JOIN people AS p ON p.user = u.no WHERE u.id = ${user} AND p.room = ${room}`,
    );
    return standingOf(record);
  }

  /** The owner first, then moderators, then members, each the longest-serving first. */
  async members(room: RoomId, limit: number): Promise<Member[]> {
    const records = await this.#db.rows<MemberRecord>(
      sql`SELECT u.id, u.name, u.guest, p.role, p.muted_until AS mutedUntil, p.\`read\`
        FROM people AS p JOIN users AS u ON u.no = p.user WHERE p.room = ${room} AND p.role > 0
        ORDER BY p.role DESC, p.member_since, p.user LIMIT ${limit}`,
    );
    return records.map(memberOf);
  }

  async count(room: RoomId): Promise<number> {
    const [count] = await this.#db.rows<{ n: number }>(
      sql`SELECT count(*) AS n FROM people WHERE room = ${room} AND role > 0`,
    );
    return count?.n ?? 0;
  }

  /** Deletions are found among the changes, where an index leads to those after the mark. */
  async conversations(user: UserId): Promise<Conversation[]> {
    const records = await this.#db.rows<ConversationRecord>(
      sql`SELECT ${FROM_ME} ${CONVERSATION},
          r.messages - p.read_ordinal
          - (SELECT count(*) FROM messages AS o
             WHERE o.room = p.room AND o.sender = p.user AND o.seq > p.\`read\`)
          - (SELECT count(*) FROM changes AS c JOIN messages AS d
               ON d.room = c.room AND d.seq = c.target
             WHERE c.room = p.room AND c.type = 'deleted' AND c.target > p.\`read\`
               AND d.sender <> p.user) AS unread
        FROM users AS me
          JOIN people AS p ON p.user = me.no AND p.role > 0
          JOIN rooms AS r ON r.id = p.room
          LEFT JOIN users AS a ON a.no = r.user_a
          LEFT JOIN users AS b ON b.no = r.user_b
        WHERE me.id = ${user} AND ${BEGUN_ROOM} ORDER BY r.id`,
    );
    return records.map((record) => conversationOf(record, user));
  }

  async belongings(users: readonly UserId[]): Promise<Belonging[]> {
    if (users.length === 0) return [];
    return await this.#db.rows<Belonging>(
      sql`SELECT ${FROM_ME} r.id AS room, r.kind, r.seq, me.id AS user, p.\`read\` FROM users AS me
          JOIN people AS p ON p.user = me.no AND p.role > 0
          JOIN rooms AS r ON r.id = p.room
        WHERE me.id IN (${users}) AND r.kind IN ('direct', 'group') AND ${BEGUN_ROOM}`,
    );
  }

  async peers(user: UserId): Promise<UserId[]> {
    const records = await this.#db.rows<{ id: UserId }>(
      sql`SELECT DISTINCT ${FROM_ME} u.id FROM users AS me
          JOIN people AS p ON p.user = me.no AND p.role > 0
          JOIN rooms AS r ON r.id = p.room
          JOIN people AS q ON q.room = p.room AND q.role > 0
          JOIN users AS u ON u.no = q.user
        WHERE me.id = ${user} AND r.kind IN ('direct', 'group') AND q.user <> p.user
          AND ${BEGUN_ROOM}`,
    );
    return records.map(({ id }) => id);
  }

  /** The mark never goes back, whichever of a user's devices is the later to say so. */
  async markRead(room: RoomId, user: UserRef, seq: number): Promise<number> {
    const no = await this.#numberOf(user);
    const mark = sql`INSERT INTO people (room, user, \`read\`, read_ordinal)
      SELECT r.id, ${no}, LEAST(${seq}, r.seq), COALESCE((SELECT m.ordinal FROM messages AS m
        WHERE m.room = r.id AND m.seq <= LEAST(${seq}, r.seq) ORDER BY m.seq DESC LIMIT 1), 0)
      FROM rooms AS r WHERE r.id = ${room} AND LEAST(${seq}, r.seq) > 0
      ON DUPLICATE KEY UPDATE
        read_ordinal = IF(VALUES(\`read\`) > people.\`read\`, VALUES(read_ordinal), read_ordinal),
        \`read\` = GREATEST(people.\`read\`, VALUES(\`read\`))`;
    const asked = sql`SELECT \`read\` FROM people WHERE room = ${room} AND user = ${no}`;
    const [, answer] = await this.#db.script([mark, asked]);
    const [person] = answer as unknown as { read: number }[];
    return person?.read ?? 0;
  }

  /** A role and nothing in the log. Does nothing for a member, a banned user or another kind. */
  async enroll(room: RoomId, user: UserRef, at: number): Promise<void> {
    const before = await this.standing(room, user.id);
    if (before.role || before.banned) return;
    const no = await this.#numberOf(user, at);
    const pairs = new Map([[room, new Set([no])]]);
    await this.#db.write(async (transaction) => {
      const [end] = await transaction.rows<RoomEnd>(
        sql`SELECT id, kind, seq, messages, dissolved_at AS dissolvedAt FROM rooms
          WHERE id = ${room} FOR UPDATE`,
      );
      if (!end || end.kind !== "public" || end.dissolvedAt !== null) return;
      const people = new PeopleAhead(pairs, new Map());
      people.take(await transaction.ask(people.ask()));
      const { role, banned } = people.standing(room, no);
      if (role || banned) return;
      people.join(end, no, "member", at);
      transaction.later(...people.writes());
    });
  }

  async setBlocked(user: UserRef, blocked: UserRef, on: boolean, at: number): Promise<void> {
    const [who, whom] = [await this.#numberOf(user, at), await this.#numberOf(blocked, at)];
    const statement: Sql = on
      ? sql`INSERT INTO blocks (user, blocked, at) VALUES (${who}, ${whom}, ${at})
          ON DUPLICATE KEY UPDATE user = VALUES(user)`
      : sql`DELETE FROM blocks WHERE user = ${who} AND blocked = ${whom}`;
    await this.#db.write((transaction) => Promise.resolve(transaction.later(statement)));
  }

  async blocks(user: UserId, other: UserId): Promise<boolean> {
    const found = await this.#db.rows(
      sql`SELECT 1 FROM blocks
        WHERE user = (SELECT no FROM users WHERE id = ${user})
          AND blocked = (SELECT no FROM users WHERE id = ${other})`,
    );
    return found.length > 0;
  }

  /** The row is made when there is none. */
  async #numberOf(user: UserRef, at = Date.now()): Promise<number> {
    const known = await this.#known.user(user.id, (statement) => this.#db.rows(statement));
    if (known !== undefined) return known;
    const { no, afterwards } = await this.#db.write(async (transaction) => {
      const refs = new Map([[user.id, user]]);
      const { numbers, afterwards } = await this.#known.users(transaction, refs, at);
      return { no: numbers.get(user.id), afterwards };
    });
    afterwards();
    if (no === undefined) throw new Error("a new user has no number");
    return no;
  }
}
