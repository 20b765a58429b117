import { DatabaseSync } from "node:sqlite";
import { asStoreFailure } from "../failure.ts";
import { MIGRATIONS, recognize, schemaVersion } from "../migrate.ts";
import { requireNewest, type Source, TransferError } from "./ends.ts";
import { attempt, SqliteRows } from "./sqlite_rows.ts";

/** How long another process's lock is waited for: a checkpoint takes milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * The database as it is now, for reading alone; a server may go on writing to it. Its write-ahead
 * log cannot be shortened meanwhile. Throws `StoreError`, or `TransferError` "source".
 */
export async function openSqliteSource(path: string): Promise<Source> {
  const name = await nameOf(path);
  return await attempt(path, () => new SqliteRows(connect(path), name));
}

/** Where it really is: two ways to write a path are one source. */
async function nameOf(path: string): Promise<string> {
  try {
    return `sqlite:${await Deno.realPath(path)}`;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw asStoreFailure(error, path);
    throw new TransferError("source", `there is no database at ${path}`);
  }
}

function connect(path: string): DatabaseSync {
  const raw = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  try {
    recognize(raw, path);
    requireNewest(path, schemaVersion(raw), MIGRATIONS.length);
    // A transaction sees one state, that of its first read.
    raw.exec("BEGIN");
    raw.prepare("SELECT 1 FROM users").get();
    return raw;
  } catch (error) {
    raw.close();
    throw error;
  }
}
