import type { Database } from "./database.ts";
import type { RoomId } from "./store.ts";

/** How a room is written in the index: three characters at least, and none contains another. */
export const roomToken = (room: RoomId) => `<${room}>`;

interface Unindexed {
  readonly id: number;
  readonly room: RoomId;
  readonly content: string;
  readonly deletedAt: number | null;
}

/**
 * Fills the full-text index behind the commit path: a message costs its sender nothing here. The
 * index holds every undeleted message up to `mark()`; what is newer is found by reading it.
 */
export class SearchIndex {
  readonly #db: Database;
  readonly #mark;
  readonly #setMark;
  readonly #next;
  readonly #insert;
  readonly #delete;

  constructor(db: Database) {
    this.#db = db;
    this.#mark = db.prepare<{ value: number }>("SELECT value FROM marks WHERE name = 'indexed'");
    this.#setMark = db.prepare(
      `INSERT INTO marks (name, value) VALUES ('indexed', ?)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    );
    this.#next = db.prepare<Unindexed>(
      `SELECT id, room, content, deleted_at AS deletedAt FROM messages
       WHERE id > ? ORDER BY id LIMIT ?`,
    );
    this.#insert = db.prepare("INSERT INTO search (rowid, content, room) VALUES (?, ?, ?)");
    this.#delete = db.prepare("DELETE FROM search WHERE rowid = ?");
  }

  /** The newest message in the index. */
  mark(): number {
    return this.#mark.get()?.value ?? 0;
  }

  /** Indexes up to `limit` messages; answers whether some are left. */
  advance(limit: number): boolean {
    if (this.#next.get(this.mark(), 1) === undefined) return false;
    return this.#db.write(() => {
      const rows = this.#next.all(this.mark(), limit);
      for (const { id, room, content, deletedAt } of rows) {
        if (deletedAt === null) this.#insert.run(id, content, roomToken(room));
      }
      const last = rows.at(-1);
      if (!last) return false;
      this.#setMark.run(last.id);
      return this.#next.get(last.id, 1) !== undefined;
    });
  }

  replace(id: number, room: RoomId, content: string): void {
    if (id > this.mark()) return;
    this.#delete.run(id);
    this.#insert.run(id, content, roomToken(room));
  }

  remove(id: number): void {
    if (id <= this.mark()) this.#delete.run(id);
  }
}
