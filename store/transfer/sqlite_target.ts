import { basename, dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Authorship } from "../authorship.ts";
import { Database } from "../database.ts";
import { recognize, unfinishedFrom } from "../migrate.ts";
import { SearchIndex } from "../search_index.ts";
import { connect } from "../sqlite.ts";
import { UNFINISHED } from "../unfinished.ts";
import { mayFill, type Target, type TargetPlace, type TargetState } from "./ends.ts";
import { type Row } from "./rows.ts";
import { attempt, columnList, keyNames, marks, SqliteRows } from "./sqlite_rows.ts";
import { type Table, TABLES } from "./tables.ts";

/**
 * Nobody waits for a checkpoint here: 64 MiB of write-ahead log bring one, and a page that is
 * written again and again goes to the file once.
 */
const CHECKPOINT_PAGES = 16_384;
/** Messages that are indexed in one step. */
const INDEX_STEP = 1_000;

/** A file that may be there, or not yet. */
export function sqliteTargetAt(path: string): TargetPlace {
  const name = `sqlite:${realPath(path)}`;
  return {
    name,
    state: () => attempt(path, () => stateOf(path)),
    take: (from) => attempt(path, () => take(path, name, from)),
  };
}

/** Two ways to write a path are one target. */
function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    const folder = dirname(resolve(path));
    return folder === path ? path : join(realPath(folder), basename(path));
  }
}

function stateOf(path: string): TargetState {
  if (!isThere(path)) return { kind: "empty" };
  try {
    return look(path, true);
  } catch (error) {
    if (!isHalfWritten(error)) throw error;
    // Killed while it was being made: SQLite has to undo that, which is all that is written.
    return look(path, false);
  }
}

function look(path: string, readOnly: boolean): TargetState {
  const raw = new DatabaseSync(path, { readOnly });
  try {
    recognize(raw, path, undefined, true);
    return contentOf(raw);
  } finally {
    raw.close();
  }
}

/** SQLITE_READONLY, of which a journal that has to be rolled back is one. */
function isHalfWritten(error: unknown): boolean {
  const { errcode, message } = error as { errcode?: number; message?: string };
  return ((errcode ?? 0) & 0xff) === 8 || /readonly database/.test(message ?? "");
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).size > 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function contentOf(raw: DatabaseSync): TargetState {
  const from = unfinishedFrom(raw);
  if (from !== undefined) return { kind: "unfinished", from };
  const isMade = raw.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?");
  const isUsed = TABLES.some(({ name, only }) =>
    isMade.get(name) && raw.prepare(`SELECT 1 FROM ${name} WHERE ${only ?? "true"} LIMIT 1`).get()
  );
  return { kind: isUsed ? "used" : "empty" };
}

function take(path: string, name: string, from: string): Target {
  mayFill(name, stateOf(path), from);
  const raw = connect({ path, durability: "normal" }, undefined, true);
  try {
    raw.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    // Again, for now nobody else can change it.
    const state = contentOf(raw);
    mayFill(name, state, from);
    if (state.kind === "empty") {
      const db = new Database(raw);
      db.write(() => {
        db.run(`CREATE TABLE ${UNFINISHED} (source TEXT NOT NULL)`);
        db.once(`INSERT INTO ${UNFINISHED} (source) VALUES (?)`).run(from);
      });
    }
    return new SqliteTarget(raw, name);
  } catch (error) {
    raw.close();
    throw error;
  }
}

class SqliteTarget extends SqliteRows implements Target {
  readonly #db: Database;
  readonly #index: SearchIndex;
  readonly #authorship: Authorship;

  constructor(raw: DatabaseSync, name: string) {
    super(raw, name);
    this.#db = new Database(raw);
    this.#index = new SearchIndex(this.#db);
    this.#authorship = new Authorship(this.#db);
  }

  add(table: Table, rows: readonly Row[]): Promise<void> {
    return this.#write(() => {
      const insert = this.prepare(
        `INSERT INTO ${table.name} (${columnList(table)}) VALUES (${marks(table.columns.length)})`,
      );
      for (const row of rows) insert.run(...row);
    });
  }

  remove(table: Table, keys: readonly Row[]): Promise<void> {
    return this.#write(() => {
      const remove = this.prepare(
        `DELETE FROM ${table.name} WHERE ${
          keyNames(table).map((name) => `${name} = ?`).join(" AND ")
        }`,
      );
      for (const key of keys) remove.run(...key);
    });
  }

  index(): Promise<number> {
    return attempt(this.name, () => {
      const some = this.#index.advance(INDEX_STEP);
      this.#db.write(() => this.#authorship.noteUpTo(this.#index.mark()));
      if (!some) return 0;
      return Number(this.query("SELECT max(id) FROM messages")[0]?.[0]) - this.#index.mark();
    });
  }

  forgetIndex(): Promise<void> {
    return this.#write(() => {
      if (this.#index.mark() === 0) return;
      this.#index.clear();
      this.#authorship.clear();
    });
  }

  finish(): Promise<void> {
    return attempt(this.name, () => {
      this.raw.exec("PRAGMA synchronous = FULL");
      this.#db.write(() => this.#db.run(`DROP TABLE ${UNFINISHED}`));
      this.raw.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    });
  }

  #write(work: () => void): Promise<void> {
    return attempt(this.name, () => this.#db.write(work));
  }
}
