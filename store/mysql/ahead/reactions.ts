import type { Reactions } from "../../rows.ts";
import type { RoomId } from "../../store.ts";
import type { Target } from "../../tables.ts";
import { anyOf, type Pairs, raw, type Sql, sql } from "../sql.ts";

export interface ReactionRecord {
  readonly room: RoomId;
  readonly target: number;
  readonly emoji: string;
  readonly user: number;
  readonly seq: number;
  readonly name: string;
}

type ByEmoji = Map<string, Map<number, ReactionRecord>>;

/** In the order of the tables that follow: see messages.ts. */
const COLUMNS = raw("STRAIGHT_JOIN x.room, x.target, x.emoji, x.user, x.seq, u.name");

/** The reactions to the messages that a group of writes names. */
export class ReactionsAhead {
  readonly #messages = new Map<string, ByEmoji>();
  readonly #writes: Sql[] = [];

  ask(targets: Pairs): Sql {
    return sql`SELECT ${COLUMNS} FROM reactions AS x FORCE INDEX (PRIMARY)
        JOIN users AS u ON u.no = x.user WHERE ${anyOf(raw("x.room"), raw("x.target"), targets)}`;
  }

  askByKey(keys: Pairs): Sql {
    return sql`SELECT ${COLUMNS} FROM messages AS m FORCE INDEX (messages_key)
        JOIN reactions AS x ON x.room = m.room AND x.target = m.seq
        JOIN users AS u ON u.no = x.user
      WHERE ${anyOf(raw("m.sender"), raw("m.`key`"), keys)}`;
  }

  take(records: readonly ReactionRecord[]): void {
    for (const record of records) this.#set(record);
  }

  writes(): readonly Sql[] {
    return this.#writes;
  }

  has(target: Target, emoji: string, user: number): boolean {
    return this.#of(target).get(emoji)?.has(user) ?? false;
  }

  hasEmoji(target: Target, emoji: string): boolean {
    return this.#of(target).has(emoji);
  }

  count(target: Target): number {
    let count = 0;
    for (const users of this.#of(target).values()) count += users.size;
    return count;
  }

  emojiCount(target: Target): number {
    return this.#of(target).size;
  }

  add({ room, seq: target }: Target, emoji: string, user: number, seq: number, name: string) {
    this.#set({ room, target, emoji, user, seq, name });
    this.#writes.push(
      sql`INSERT INTO reactions (room, target, emoji, user, seq)
        VALUES (${room}, ${target}, ${emoji}, ${user}, ${seq})`,
    );
  }

  remove(target: Target, emoji: string, user: number): void {
    const byEmoji = this.#of(target);
    const users = byEmoji.get(emoji);
    users?.delete(user);
    if (users?.size === 0) byEmoji.delete(emoji);
    this.#writes.push(
      sql`DELETE FROM reactions WHERE room = ${target.room} AND target = ${target.seq}
        AND emoji = ${emoji} AND user = ${user}`,
    );
  }

  clear(target: Target): void {
    this.#of(target).clear();
    this.#writes.push(
      sql`DELETE FROM reactions WHERE room = ${target.room} AND target = ${target.seq}`,
    );
  }

  /** Names by emoji in the order they were given; undefined when there are none. */
  shown(target: Target): Reactions | undefined {
    const byEmoji = this.#of(target);
    if (byEmoji.size === 0) return undefined;
    // `fromEntries` makes an own property of any emoji, "__proto__" too.
    return Object.fromEntries(
      [...byEmoji].map(([emoji, users]) => [
        emoji,
        [...users.values()].sort((a, b) => a.seq - b.seq).map(({ name }) => name),
      ]),
    );
  }

  #of({ room, seq }: Target): ByEmoji {
    const place = `${room} ${seq}`;
    let byEmoji = this.#messages.get(place);
    if (!byEmoji) this.#messages.set(place, byEmoji = new Map());
    return byEmoji;
  }

  #set(record: ReactionRecord): void {
    const byEmoji = this.#of({ ...record, seq: record.target, id: 0, sender: 0 });
    let users = byEmoji.get(record.emoji);
    if (!users) byEmoji.set(record.emoji, users = new Map());
    users.set(record.user, record);
  }
}
