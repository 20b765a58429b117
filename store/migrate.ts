import type { DatabaseSync } from "node:sqlite";
import start from "./migrations/0001_start.ts";
import authors from "./migrations/0002_authors.ts";
import { StoreError } from "./store.ts";
import { UNFINISHED, unfinished } from "./unfinished.ts";

/** The schema's steps, oldest first. Step n takes a database from version n-1 to n. */
export const MIGRATIONS: readonly string[] = [start, authors];

/** "HBUB": tells a database of ours from another program's (SQLite's `application_id`). */
const APPLICATION_ID = 0x48425542;

/**
 * Brings the schema to the newest version, each step in a transaction of its own that holds the
 * write lock and looks at the version again: of several processes that start at once one does the
 * work, and one that is killed half-way leaves the database as it was before the step.
 */
export function migrate(raw: DatabaseSync, path: string, steps = MIGRATIONS): void {
  recognize(raw, path, steps, true);
  let version = schemaVersion(raw);
  while (version < steps.length) {
    raw.prepare("BEGIN IMMEDIATE").run();
    try {
      version = schemaVersion(raw);
      const step = steps[version];
      if (step !== undefined) {
        raw.exec(step);
        version++;
        raw.exec(`PRAGMA user_version = ${version}; PRAGMA application_id = ${APPLICATION_ID}`);
      }
      raw.prepare("COMMIT").run();
    } catch (error) {
      if (raw.isTransaction) raw.prepare("ROLLBACK").run();
      throw error;
    }
  }
  refuseNewer(version, steps, path);
}

/**
 * Refuses a database that is not ours, is too new for this program or, except to who is `filling`
 * it, is not filled yet. Changes nothing in it: called before the first pragma that writes.
 */
export function recognize(
  raw: DatabaseSync,
  path: string,
  steps = MIGRATIONS,
  filling = false,
): void {
  // In one transaction: another process may be making it at this moment.
  raw.exec("BEGIN");
  let ours: boolean;
  let tables: unknown;
  let version: number;
  let from: string | undefined;
  try {
    ours = pragma(raw, "application_id") === APPLICATION_ID;
    tables = raw.prepare("SELECT count(*) AS n FROM sqlite_schema").get()?.n;
    version = schemaVersion(raw);
    from = unfinishedFrom(raw);
  } finally {
    if (raw.isTransaction) raw.exec("ROLLBACK");
  }
  if (!ours && (tables !== 0 || version > 0)) {
    throw new StoreError("corrupt", `${path} is a database of another program`);
  }
  refuseNewer(version, steps, path);
  if (from !== undefined && !filling) throw unfinished(path, from);
}

/** From where a store is being filled, when it is. */
export function unfinishedFrom(raw: DatabaseSync): string | undefined {
  const there = raw.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(UNFINISHED);
  const row = there && raw.prepare(`SELECT source FROM ${UNFINISHED}`).get();
  return row && String(row["source"]);
}

function refuseNewer(version: number, steps: readonly string[], path: string): void {
  if (version <= steps.length) return;
  throw new StoreError(
    "newer",
    `${path} was written by a newer version (schema ${version}, this one knows ${steps.length})`,
  );
}

/** How many steps the schema has behind it. */
export const schemaVersion = (raw: DatabaseSync) => pragma(raw, "user_version");

function pragma(raw: DatabaseSync, name: "user_version" | "application_id"): number {
  return Object.values(raw.prepare(`PRAGMA ${name}`).get() ?? {})[0] as number;
}
