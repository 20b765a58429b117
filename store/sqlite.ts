import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Database } from "./database.ts";
import { asStoreFailure } from "./failure.ts";
import { LogSync } from "./log_sync.ts";
import { migrate, MIGRATIONS, recognize } from "./migrate.ts";
import { SqliteStore } from "./sqlite_store.ts";
import { DEFAULT_STRANGER_LIMIT, type Store, StoreError, type StrangerLimit } from "./store.ts";

export interface SqliteOptions {
  /** The database file; its folder is made when missing. */
  readonly path: string;
  /**
   * `full`: a commit is on the disk before it is answered. `normal`: it is in the operating
   * system's hands, so it outlives the process, and on the disk a moment later (log_sync.ts).
   */
  readonly durability: "normal" | "full";
  readonly strangerLimit?: StrangerLimit | undefined;
  /** How long SQLite itself waits for another process's lock. The process stands still meanwhile. */
  readonly busyTimeoutMs?: number | undefined;
  /** How long a search may take before it answers what it has. */
  readonly searchBudgetMs?: number | undefined;
}

/** For their owner alone: in them is what people told each other. What is there stays as it is. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const BUSY_TIMEOUT_MS = 5;
/** At start another process may be migrating; nobody is connected yet who could notice the wait. */
const OPEN_TIMEOUT_MS = 5_000;
const CACHE_KIB = 64 * 1024;
/** Pages in the write-ahead log that bring a checkpoint: more is faster but makes a longer pause. */
const CHECKPOINT_PAGES = 4_000;

/**
 * Opens or makes the database. Throws `StoreError`: `newer`, `corrupt`, `unwritable`, `locked`,
 * `full` or `io`, with one line that says which file and why.
 */
export function openSqlite(options: SqliteOptions): Promise<Store> {
  try {
    return Promise.resolve(open(options));
  } catch (error) {
    return Promise.reject(asStoreFailure(error, options.path));
  }
}

function open(options: SqliteOptions): Store {
  const raw = connect(options);
  const { path, durability, strangerLimit = DEFAULT_STRANGER_LIMIT, searchBudgetMs } = options;
  // With `full` SQLite syncs each commit itself.
  const logSync = durability === "full" ? undefined : new LogSync({
    open: () => Deno.open(`${path}-wal`, { read: true, write: true }),
  });
  const db = new Database(raw, () => logSync?.committed());
  return new SqliteStore(db, "sqlite", { strangerLimit, searchBudgetMs, logSync });
}

/**
 * The connection, with the newest schema; `steps` lead to it. One for `filling` has the file for
 * itself: nobody else can open it meanwhile, and that it is not whole yet is no obstacle.
 */
export function connect(
  options: SqliteOptions,
  steps = MIGRATIONS,
  filling = false,
): DatabaseSync {
  const { path, durability } = options;
  makeFolder(path);
  makeFile(path);
  const raw = new DatabaseSync(path, { timeout: OPEN_TIMEOUT_MS });
  try {
    if (filling) raw.exec("PRAGMA locking_mode = EXCLUSIVE");
    recognize(raw, path, steps, filling);
    const mode = raw.prepare("PRAGMA journal_mode = WAL").get();
    if (Object.values(mode ?? {})[0] !== "wal") {
      throw new StoreError("unwritable", `${path}: the write-ahead log cannot be used there`);
    }
    raw.exec(`PRAGMA synchronous = ${durability === "full" ? "FULL" : "NORMAL"};
      PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}; PRAGMA cache_size = -${CACHE_KIB};
      PRAGMA temp_store = MEMORY`);
    migrate(raw, path, steps);
    raw.exec(`PRAGMA busy_timeout = ${options.busyTimeoutMs ?? BUSY_TIMEOUT_MS}`);
    return raw;
  } catch (error) {
    raw.close();
    throw error;
  }
}

/** SQLite takes an empty file for a new database, and gives the files beside it the same mode. */
function makeFile(path: string): void {
  try {
    Deno.openSync(path, { write: true, createNew: true, mode: FILE_MODE }).close();
  } catch {
    // It is there, or SQLite says why it cannot be.
  }
}

function makeFolder(path: string): void {
  try {
    Deno.mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    // Deno's own words name a flag that this program does not take.
    const why = error instanceof Deno.errors.NotCapable
      ? "Deno does not let this program write there; deno task start may write ./data alone"
      : `its folder cannot be made: ${text}`;
    throw new StoreError("unwritable", `${path}: ${why}`, { cause: error });
  }
}
