import { DatabaseSync } from "node:sqlite";
import { Database } from "./database.ts";
import { migrate } from "./migrate.ts";
import { SqliteStore } from "./sqlite_store.ts";
import { DEFAULT_STRANGER_LIMIT, type Store, type StrangerLimit } from "./store.ts";

export interface MemoryOptions {
  readonly strangerLimit?: StrangerLimit | undefined;
  readonly searchBudgetMs?: number | undefined;
}

/** The same store on a database in memory: for tests and trials. Nothing touches a disk. */
export function openMemory(options: MemoryOptions = {}): Promise<Store> {
  const raw = new DatabaseSync(":memory:");
  raw.exec("PRAGMA temp_store = MEMORY; PRAGMA journal_mode = MEMORY");
  migrate(raw, ":memory:");
  return Promise.resolve(
    new SqliteStore(new Database(raw), "memory", {
      strangerLimit: options.strangerLimit ?? DEFAULT_STRANGER_LIMIT,
      searchBudgetMs: options.searchBudgetMs,
    }),
  );
}
