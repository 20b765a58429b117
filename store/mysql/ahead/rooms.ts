import type { OpenRoom } from "../../change_log.ts";
import type { RoomId } from "../../store.ts";
import type { Card, RoomHead, RoomTable } from "../../tables.ts";
import type { Result } from "../connection.ts";
import { joined, type Sql, sql } from "../sql.ts";

interface RoomRecord extends RoomHead, Card {
  readonly id: RoomId;
}

/**
 * The rooms of a group of writes, locked: whoever appends to one waits for whoever does. In the
 * order of their numbers, so that two groups never wait for each other, and by their key alone: where
 * the server reads the whole table, because it is small, a group would wait for rooms of others.
 */
export class RoomsAhead implements RoomTable {
  readonly #ids: ReadonlySet<RoomId>;
  readonly #records = new Map<RoomId, RoomRecord>();
  readonly #writes: Sql[] = [];
  readonly #heads = new Map<RoomId, Pick<OpenRoom, "seq" | "messages">>();

  constructor(ids: ReadonlySet<RoomId>) {
    this.#ids = ids;
  }

  ask(): Sql[] {
    if (this.#ids.size === 0) return [];
    const ids = [...this.#ids].sort((a, b) => a - b);
    return [
      sql`SELECT id, kind, seq, messages, dissolved_at AS dissolvedAt, user_a AS userA,
          user_b AS userB, title, topic, icon
        FROM rooms FORCE INDEX (PRIMARY) WHERE id IN (${ids}) ORDER BY id FOR UPDATE`,
    ];
  }

  take([records]: readonly Result[]): void {
    for (const record of records as unknown as RoomRecord[] | undefined ?? []) {
      this.#records.set(record.id, record);
    }
  }

  /** The heads in one statement: one each took a third of a commit to many rooms. */
  writes(): readonly Sql[] {
    if (this.#heads.size === 0) return this.#writes;
    const heads = [...this.#heads];
    const by = (field: "seq" | "messages") =>
      joined(heads.map(([id, head]) => sql`WHEN ${id} THEN ${head[field]}`), " ");
    const [seqs, counts, ids] = [by("seq"), by("messages"), heads.map(([id]) => id)];
    return [
      ...this.#writes,
      sql`UPDATE rooms FORCE INDEX (PRIMARY)
        SET seq = CASE id ${seqs} END, messages = CASE id ${counts} END WHERE id IN (${ids})`,
    ];
  }

  head(id: RoomId): RoomHead | undefined {
    return this.#records.get(id);
  }

  saveHead({ id, seq, messages }: OpenRoom): void {
    this.#heads.set(id, { seq, messages });
  }

  card(id: RoomId): Card | undefined {
    return this.#records.get(id);
  }

  setCard(id: RoomId, { title, topic, icon }: Card): void {
    const record = this.#records.get(id);
    if (record) this.#records.set(id, { ...record, title, topic, icon });
    this.#writes.push(
      sql`UPDATE rooms SET title = ${title}, topic = ${topic}, icon = ${icon} WHERE id = ${id}`,
    );
  }

  dissolve(id: RoomId, at: number): void {
    this.#writes.push(
      sql`UPDATE rooms SET dissolved_at = ${at}, canonical = NULL WHERE id = ${id}`,
    );
  }
}
