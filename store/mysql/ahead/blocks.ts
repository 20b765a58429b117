import type { RoomId } from "../../store.ts";
import type { BlockTable } from "../../tables.ts";
import type { Result } from "../connection.ts";
import { joined, type Sql, sql } from "../sql.ts";

interface ReceiverRecord {
  readonly user: number;
  readonly deletedAt: number | null;
  /** Who is blocked, when it is one of those who write. */
  readonly blocked: number | null;
}

interface WroteRecord {
  readonly room: RoomId;
  readonly sender: number;
  readonly at: number;
}

/** Who may write to whom in the direct rooms of a group of writes, and who may be invited. */
export class BlocksAhead implements BlockTable {
  readonly #rooms: ReadonlyMap<RoomId, readonly [number, number]>;
  readonly #newest: number;
  readonly #invited: readonly number[];
  readonly #receivers = new Map<number, { deletedAt: number | null; blocked: Set<number> }>();
  /** Newest first. */
  readonly #wrote = new Map<string, number[]>();

  /**
   * `rooms`: the direct ones and their two users. `newest`: how far back anybody asks. `invited`:
   * who may become a member of another room, and who makes them one.
   */
  constructor(
    rooms: ReadonlyMap<RoomId, readonly [number, number]>,
    newest: number,
    invited: readonly number[],
  ) {
    this.#rooms = rooms;
    this.#newest = newest;
    this.#invited = invited;
  }

  ask(): Sql[] {
    const users = [...new Set([...[...this.#rooms.values()].flat(), ...this.#invited])];
    if (users.length === 0) return [];
    const receivers = sql`SELECT u.no AS user, u.deleted_at AS deletedAt, b.blocked
      FROM users AS u LEFT JOIN blocks AS b ON b.user = u.no AND b.blocked IN (${users})
      WHERE u.no IN (${users})`;
    if (this.#newest <= 0 || this.#rooms.size === 0) return [receivers];
    const wrote = [...this.#rooms].flatMap(([room, two]) =>
      two.map((user) =>
        sql`(SELECT room, sender, at, seq FROM messages WHERE room = ${room} AND sender = ${user}
          ORDER BY seq DESC LIMIT ${this.#newest})`
      )
    );
    return [receivers, sql`${joined(wrote, " UNION ALL ")} ORDER BY seq DESC`];
  }

  take([receivers, wrote]: readonly Result[]): void {
    for (const record of receivers as unknown as ReceiverRecord[] | undefined ?? []) {
      const { user, deletedAt, blocked } = record;
      let receiver = this.#receivers.get(user);
      if (!receiver) this.#receivers.set(user, receiver = { deletedAt, blocked: new Set() });
      if (blocked !== null) receiver.blocked.add(blocked);
    }
    for (const { room, sender, at } of wrote as unknown as WroteRecord[] | undefined ?? []) {
      this.#times(room, sender).push(at);
    }
  }

  /** A message of this group. */
  note(room: RoomId, sender: number, at: number): void {
    if (this.#rooms.has(room)) this.#times(room, sender).unshift(at);
  }

  receiver(user: number, by: number): { deletedAt: number | null; blocks: boolean } | undefined {
    const receiver = this.#receivers.get(user);
    return receiver && { deletedAt: receiver.deletedAt, blocks: receiver.blocked.has(by) };
  }

  wroteAt(room: RoomId, user: number, skipped: number): number | undefined {
    return this.#times(room, user)[skipped];
  }

  #times(room: RoomId, user: number): number[] {
    const place = `${room} ${user}`;
    let times = this.#wrote.get(place);
    if (!times) this.#wrote.set(place, times = []);
    return times;
  }
}
