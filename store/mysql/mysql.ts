import { DEFAULT_STRANGER_LIMIT, StoreError, type StrangerLimit } from "../store.ts";
import { unfinished } from "../unfinished.ts";
import { Connection, type MysqlAddress } from "./connection.ts";
import { Database } from "./database.ts";
import { asMysqlFailure } from "./failure.ts";
import { migrate, stateOf } from "./migrate.ts";
import { MysqlStore } from "./mysql_store.ts";
import { sql } from "./sql.ts";

export interface MysqlOptions extends MysqlAddress {
  /** Connections of this node, three at least. */
  readonly connections: number;
  /** The database must have been used by Hubbub: for who looks after it and makes none. */
  readonly mustExist?: boolean | undefined;
  readonly strangerLimit?: StrangerLimit | undefined;
  /** How long a search may take before it answers what it has. */
  readonly searchBudgetMs?: number | undefined;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** Several statements go in one packet; this is what MariaDB takes by default, and MySQL more. */
const PACKET_BYTES = 16 * 1024 * 1024;

/**
 * Opens the database, with the newest schema; makes no database, only its tables. Throws
 * `StoreError`: `unreachable`, `unwritable`, `newer`, `corrupt` or `locked`, with one line that
 * says which server and why, and no password.
 */
export async function openMysql(options: MysqlOptions): Promise<MysqlStore> {
  const { host, port, database } = options;
  const db = new Database(options, options.connections);
  try {
    await prepare(options, db);
    return new MysqlStore(db, {
      strangerLimit: options.strangerLimit ?? DEFAULT_STRANGER_LIMIT,
      searchBudgetMs: options.searchBudgetMs,
    });
  } catch (error) {
    await db.close();
    const where = `mysql://${host}:${port}/${database}`;
    const { failure, message } = asMysqlFailure(error, "") as StoreError;
    throw new StoreError(failure, `${where}: ${message.replace(/^: /, "")}`, { cause: error });
  }
}

async function prepare(options: MysqlOptions, db: Database): Promise<void> {
  const { database, mustExist } = options;
  const connection = await Connection.open(options, CONNECT_TIMEOUT_MS);
  try {
    await requirePackets(connection);
    if (mustExist) await requireSchema(connection);
    await migrate(connection, database);
    await db.register();
    // Whoever began to fill it meanwhile has shut out those it found registered.
    const { from } = await stateOf(connection, database);
    if (from !== undefined) throw unfinished(database, from);
  } finally {
    await connection.close();
  }
}

async function requirePackets(connection: Connection): Promise<void> {
  const [server] = await connection.rows<{ bytes: number }>(
    sql`SELECT @@max_allowed_packet AS bytes`,
    CONNECT_TIMEOUT_MS,
  );
  if ((server?.bytes ?? 0) >= PACKET_BYTES) return;
  throw new StoreError(
    "unwritable",
    `max_allowed_packet is ${server?.bytes}, expected ${PACKET_BYTES} at least`,
  );
}

async function requireSchema(connection: Connection): Promise<void> {
  const [schema] = await connection.rows(
    sql`SELECT table_name FROM information_schema.tables
      WHERE table_schema = DATABASE() AND table_name = 'hubbub_schema'`,
    CONNECT_TIMEOUT_MS,
  );
  if (!schema) throw new StoreError("unwritable", "there is no Hubbub in this database");
}
