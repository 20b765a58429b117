import { DEFAULT_STRANGER_LIMIT, type Store, StoreError, type StrangerLimit } from "../store.ts";
import { Connection, type MysqlAddress } from "./connection.ts";
import { Database } from "./database.ts";
import { asMysqlFailure } from "./failure.ts";
import { migrate } from "./migrate.ts";
import { MysqlStore } from "./mysql_store.ts";

export interface MysqlOptions extends MysqlAddress {
  /** Connections of this node, three at least. */
  readonly connections: number;
  readonly strangerLimit?: StrangerLimit | undefined;
  /** How long a search may take before it answers what it has. */
  readonly searchBudgetMs?: number | undefined;
}

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Opens the database, with the newest schema; makes no database, only its tables. Throws
 * `StoreError`: `unreachable`, `unwritable`, `newer`, `corrupt` or `locked`, with one line that
 * says which server and why, and no password.
 */
export async function openMysql(options: MysqlOptions): Promise<Store> {
  const { host, port, database } = options;
  try {
    await update(options);
    const db = new Database(options, options.connections);
    await db.register();
    return new MysqlStore(db, {
      strangerLimit: options.strangerLimit ?? DEFAULT_STRANGER_LIMIT,
      searchBudgetMs: options.searchBudgetMs,
    });
  } catch (error) {
    const failure = asMysqlFailure(error, `mysql://${host}:${port}/${database}`);
    throw failure instanceof StoreError ? failure : error;
  }
}

async function update(options: MysqlOptions): Promise<void> {
  const connection = await Connection.open(options, CONNECT_TIMEOUT_MS);
  try {
    await migrate(connection, options.database);
  } finally {
    await connection.close();
  }
}
