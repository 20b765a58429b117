import type { Database, Statement } from "./database.ts";

/**
 * Messages per volume. FTS5 walks the list of a common trigram from its newest end and cannot be
 * interrupted, nor does it skip: what one question costs is bounded by what one table holds.
 */
export const VOLUME_MESSAGES = 32_768;
/** Text indexed in one step: about 0.3 µs a character, and nothing else runs meanwhile. */
const STEP_CHARS = 16_384;
/** The trigram tokenizer knows no shorter text. */
export const GRAM_CHARS = 3;
/** Asked for together; the messages found are read, so that more would only cost more. */
const GRAMS_ASKED = 4;

interface Volume {
  readonly fill: Statement;
  readonly insert: Statement;
  readonly delete: Statement;
  readonly hits: Statement<{ id: number }>;
}

/**
 * Which messages may contain a text: full-text tables of the trigrams of every undeleted message
 * up to `mark()`, a table per `VOLUME_MESSAGES` ids. Filled behind the commit path, so that a
 * message costs its sender nothing here. A hit may be wrong, and is to be read; none is missing.
 */
export class SearchIndex {
  readonly #db: Database;
  readonly #volumeMessages: number;
  readonly #volumes = new Map<number, Volume>();
  readonly #mark;
  readonly #setMark;
  readonly #next;
  readonly #step;
  readonly #shown;
  readonly #tables;

  /** `volumeMessages` must be the same for the whole life of a store. */
  constructor(db: Database, volumeMessages = VOLUME_MESSAGES) {
    this.#db = db;
    this.#volumeMessages = volumeMessages;
    this.#mark = db.prepare<{ value: number }>("SELECT value FROM marks WHERE name = 'indexed'");
    this.#setMark = db.prepare(
      `INSERT INTO marks (name, value) VALUES ('indexed', ?)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    );
    this.#next = db.prepare<{ id: number }>(
      "SELECT id FROM messages WHERE id > ? ORDER BY id LIMIT 1",
    );
    this.#step = db.prepare<{ id: number; chars: number }>(
      `SELECT id, length(content) AS chars FROM messages WHERE id > ? AND id < ?
       ORDER BY id LIMIT ?`,
    );
    this.#shown = db.prepare<{ id: number }>(
      "SELECT id FROM messages WHERE id <= ? AND deleted_at IS NULL",
    );
    this.#tables = db.prepare<{ name: string }>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB ?",
    );
    // A table made in a transaction that was undone is not there.
    db.onRollback(() => this.#volumes.clear());
  }

  /** The newest message in the index. */
  mark(): number {
    return this.#mark.get()?.value ?? 0;
  }

  /**
   * Indexes up to `limit` messages of one volume, fewer when they are long; answers whether some
   * are left.
   */
  advance(limit: number): boolean {
    if (!this.#next.get(this.mark())) return false;
    return this.#db.write(() => {
      const mark = this.mark();
      const next = this.#next.get(mark);
      if (!next) return false;
      const volume = this.volumeOf(next.id);
      let last = mark;
      let chars = 0;
      for (const message of this.#step.all(mark, this.startOf(volume + 1), limit)) {
        last = message.id;
        chars += message.chars;
        if (chars >= STEP_CHARS) break;
      }
      this.#made(volume).fill.run(mark, last);
      this.#setMark.run(last);
      return this.#next.get(last) !== undefined;
    });
  }

  replace(id: number, content: string): void {
    if (id > this.mark()) return;
    const volume = this.#made(this.volumeOf(id));
    volume.delete.run(id);
    volume.insert.run(id, content);
  }

  remove(id: number): void {
    if (id <= this.mark()) this.#volume(this.volumeOf(id))?.delete.run(id);
  }

  volumeOf(id: number): number {
    return Math.floor((id - 1) / this.#volumeMessages);
  }

  /** The lowest id of a volume. */
  startOf(volume: number): number {
    return volume * this.#volumeMessages + 1;
  }

  /** Messages of one volume that may match, below `high`, newest first. */
  hits(volume: number, question: string, high: number): Iterable<{ id: number }> {
    return this.#volume(volume)?.hits.each(question, high) ?? [];
  }

  /** How many messages up to the mark are not in the index, or are and should not be. */
  drift(): number {
    let drift = 0;
    const indexed = new Set<number>();
    for (const { name } of this.#tables.all("search_[0-9]*_docsize")) {
      for (const { id } of this.#db.once<{ id: number }>(`SELECT id FROM ${name}`).each()) {
        indexed.add(id);
      }
    }
    for (const { id } of this.#shown.each(this.mark())) if (!indexed.delete(id)) drift++;
    return drift + indexed.size;
  }

  /**
   * Forgets everything; it is filled again behind the commit path. Only inside a transaction. The
   * tables stay, for another process may have them open.
   */
  clear(): void {
    for (const { name } of this.#tables.all("search_[0-9]*_config")) {
      const table = name.slice(0, -"_config".length);
      this.#db.run(`INSERT INTO ${table} (${table}) VALUES ('delete-all')`);
    }
    this.#setMark.run(0);
  }

  #volume(number: number): Volume | undefined {
    return this.#volumes.get(number) ??
      (this.#tables.get(tableOf(number)) ? this.#open(number) : undefined);
  }

  #made(number: number): Volume {
    const there = this.#volume(number);
    if (there) return there;
    this.#db.run(
      `CREATE VIRTUAL TABLE ${tableOf(number)} USING fts5 (
         content, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram')`,
    );
    return this.#open(number);
  }

  #open(number: number): Volume {
    const table = tableOf(number);
    const volume = {
      // Within the database: a row that came here and went back would cost a third more.
      fill: this.#db.prepare(
        `INSERT INTO ${table} (rowid, content)
         SELECT id, content FROM messages WHERE id > ? AND id <= ? AND deleted_at IS NULL`,
      ),
      insert: this.#db.prepare(`INSERT INTO ${table} (rowid, content) VALUES (?, ?)`),
      delete: this.#db.prepare(`DELETE FROM ${table} WHERE rowid = ?`),
      hits: this.#db.prepare<{ id: number }>(
        `SELECT rowid AS id FROM ${table} WHERE ${table} MATCH ? AND rowid < ? ORDER BY rowid DESC`,
      ),
    };
    this.#volumes.set(number, volume);
    return volume;
  }
}

const tableOf = (volume: number) => `search_${volume}`;
/**
 * A text of at least `GRAM_CHARS` characters as a question to FTS5: some of its trigrams, from the
 * whole length, each quoted so that nothing in it has a meaning of its own.
 */
export function questionOf(text: string): string {
  const chars = [...text];
  const last = chars.length - GRAM_CHARS;
  const asked = Math.min(GRAMS_ASKED - 1, last);
  const starts = new Set([0]);
  for (let i = 1; i <= asked; i++) starts.add(Math.round(i * last / asked));
  const grams = new Set([...starts].map((at) => chars.slice(at, at + GRAM_CHARS).join("")));
  return [...grams]
    .map((gram) => `"${gram.replaceAll('"', '""')}"`)
    .join(" AND ");
}
