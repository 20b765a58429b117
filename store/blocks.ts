import type { Authorship } from "./authorship.ts";
import type { Database } from "./database.ts";
import type { RoomId, UserId } from "./store.ts";
import type { BlockTable } from "./tables.ts";

/** Who blocked whom, and what else decides who may write to whom directly. */
export class Blocks implements BlockTable {
  readonly #receiver;
  readonly #authorship: Authorship;
  readonly #between;
  readonly #block;
  readonly #unblock;

  constructor(db: Database, authorship: Authorship) {
    this.#authorship = authorship;
    this.#receiver = db.prepare<{ deletedAt: number | null; blocks: number }>(
      `SELECT deleted_at AS deletedAt,
         EXISTS (SELECT 1 FROM blocks WHERE user = users.no AND blocked = ?) AS blocks
       FROM users WHERE no = ?`,
    );
    this.#between = db.prepare(
      `SELECT 1 FROM blocks WHERE user = (SELECT no FROM users WHERE id = ?)
         AND blocked = (SELECT no FROM users WHERE id = ?)`,
    );
    this.#block = db.prepare("INSERT OR IGNORE INTO blocks (user, blocked, at) VALUES (?, ?, ?)");
    this.#unblock = db.prepare("DELETE FROM blocks WHERE user = ? AND blocked = ?");
  }

  set(user: number, blocked: number, on: boolean, at: number): void {
    if (on) this.#block.run(user, blocked, at);
    else this.#unblock.run(user, blocked);
  }

  between(user: UserId, other: UserId): boolean {
    return this.#between.get(user, other) !== undefined;
  }

  receiver(user: number, by: number): { deletedAt: number | null; blocks: boolean } | undefined {
    const record = this.#receiver.get(by, user);
    return record && { deletedAt: record.deletedAt, blocks: record.blocks === 1 };
  }

  wroteAt(room: RoomId, user: number, skipped: number): number | undefined {
    return this.#authorship.writtenAt(room, user, skipped);
  }
}
