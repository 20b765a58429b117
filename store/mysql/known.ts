import type { RoomKind } from "../../protocol/events.ts";
import type { RoomId, UserId, UserRef } from "../store.ts";
import { storable } from "../text.ts";
import { type Sql, sql, tuples } from "./sql.ts";
import type { Transaction } from "./transaction.ts";

/** Users and rooms whose numbers and kinds are remembered; then all are forgotten and read anew. */
const KNOWN_MAX = 50_000;

/** What never changes about a room. */
export interface KnownRoom {
  readonly kind: RoomKind;
  /** A direct room's two users, by number. */
  readonly between: readonly [number, number] | undefined;
}

interface RoomRecord {
  readonly id: RoomId;
  readonly kind: RoomKind;
  readonly userA: number | null;
  readonly userB: number | null;
}

/** What never changes, so that a message costs no look-up of it, on whichever node it was made. */
export class Known {
  readonly #users = new Map<UserId, number>();
  readonly #rooms = new Map<RoomId, KnownRoom>();

  /**
   * The numbers of users, whose rows are made when there are none: those made are remembered only
   * `afterwards`, when the transaction is done.
   */
  async users(
    transaction: Transaction,
    refs: ReadonlyMap<UserId, UserRef>,
    at: number,
  ): Promise<{ numbers: ReadonlyMap<UserId, number>; afterwards: () => void }> {
    const numbers = new Map<UserId, number>();
    const unknown: UserRef[] = [];
    for (const ref of refs.values()) {
      const no = this.#users.get(ref.id);
      if (no === undefined) unknown.push(ref);
      else numbers.set(ref.id, no);
    }
    if (unknown.length > 0) {
      for (const [id, no] of await settle(transaction, unknown, at)) numbers.set(id, no);
    }
    const afterwards = () => {
      for (const { id } of unknown) this.#rememberUser(id, numbers.get(id));
    };
    return { numbers, afterwards };
  }

  async user(id: UserId, rows: (statement: Sql) => Promise<{ no: number }[]>) {
    const known = this.#users.get(id);
    if (known !== undefined) return known;
    const [record] = await rows(sql`SELECT no FROM users WHERE id = ${id}`);
    this.#rememberUser(id, record?.no);
    return record?.no;
  }

  /** Those rooms that are there. */
  async rooms(
    transaction: Transaction,
    ids: ReadonlySet<RoomId>,
  ): Promise<ReadonlyMap<RoomId, KnownRoom>> {
    const unknown = [...ids].filter((id) => !this.#rooms.has(id));
    if (unknown.length > 0) {
      const records = await transaction.rows<RoomRecord>(
        sql`SELECT id, kind, user_a AS userA, user_b AS userB FROM rooms WHERE id IN (${unknown})`,
      );
      for (const record of records) this.#rememberRoom(record);
    }
    const rooms = new Map<RoomId, KnownRoom>();
    for (const id of ids) {
      const room = this.#rooms.get(id);
      if (room) rooms.set(id, room);
    }
    return rooms;
  }

  #rememberUser(id: UserId, no: number | undefined): void {
    if (no === undefined) return;
    if (this.#users.size >= KNOWN_MAX) this.#users.clear();
    this.#users.set(id, no);
  }

  #rememberRoom({ id, kind, userA, userB }: RoomRecord): void {
    const between = userA !== null && userB !== null ? [userA, userB] as const : undefined;
    if (this.#rooms.size >= KNOWN_MAX) this.#rooms.clear();
    this.#rooms.set(id, { kind, between });
  }
}

/** Another node may make the same user at this moment: then its row is the one. */
async function settle(
  transaction: Transaction,
  refs: readonly UserRef[],
  at: number,
): Promise<Map<UserId, number>> {
  const find = sql`SELECT no, id FROM users WHERE id IN (${refs.map(({ id }) => id)})`;
  const there = await transaction.rows<{ no: number; id: UserId }>(find);
  const numbers = new Map(there.map(({ no, id }) => [id, no]));
  const missing = refs.filter(({ id }) => !numbers.has(id));
  if (missing.length === 0) return numbers;
  // In one order everywhere, so that two nodes do not wait for each other.
  missing.sort((a, b) => a.id < b.id ? -1 : 1);
  const rows = tuples(
    missing.map(({ id, name, guest }) => [storable(id), storable(name), guest ? 1 : 0, at, at]),
  );
  await transaction.run(
    sql`INSERT INTO users (id, name, guest, created_at, seen_at) VALUES ${rows}
      ON DUPLICATE KEY UPDATE id = VALUES(id)`,
  );
  const made = await transaction.rows<{ no: number; id: UserId }>(find);
  return new Map(made.map(({ no, id }) => [id, no]));
}
