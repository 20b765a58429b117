import type { OpenRoom } from "../../change_log.ts";
import type { RoomId } from "../../store.ts";
import type { Card, RoomHead, RoomTable } from "../../tables.ts";
import type { Result } from "../connection.ts";
import { type Sql, sql } from "../sql.ts";

interface RoomRecord extends RoomHead, Card {
  readonly id: RoomId;
}

/**
 * The rooms of a group of writes, locked: whoever appends to one waits for whoever does. In the
 * order of their numbers, so that two groups never wait for each other.
 */
export class RoomsAhead implements RoomTable {
  readonly #ids: ReadonlySet<RoomId>;
  readonly #records = new Map<RoomId, RoomRecord>();
  readonly #writes: Sql[] = [];

  constructor(ids: ReadonlySet<RoomId>) {
    this.#ids = ids;
  }

  ask(): Sql[] {
    if (this.#ids.size === 0) return [];
    return [
      sql`SELECT id, kind, seq, messages, dissolved_at AS dissolvedAt, user_a AS userA,
          user_b AS userB, title, topic, icon
        FROM rooms WHERE id IN (${[...this.#ids].sort((a, b) => a - b)}) ORDER BY id FOR UPDATE`,
    ];
  }

  take([records]: readonly Result[]): void {
    for (const record of records as unknown as RoomRecord[] | undefined ?? []) {
      this.#records.set(record.id, record);
    }
  }

  writes(): readonly Sql[] {
    return this.#writes;
  }

  head(id: RoomId): RoomHead | undefined {
    return this.#records.get(id);
  }

  saveHead({ id, seq, messages }: OpenRoom): void {
    this.#writes.push(
      sql`UPDATE rooms SET seq = ${seq}, messages = ${messages} WHERE id = ${id}`,
    );
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
