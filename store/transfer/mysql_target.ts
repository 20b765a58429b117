import { Connection, type MysqlAddress } from "../mysql/connection.ts";
import { SHUT_OUT } from "../mysql/database.ts";
import { migrate, stateOf } from "../mysql/migrate.ts";
import { raw, sql } from "../mysql/sql.ts";
import { Transaction } from "../mysql/transaction.ts";
import { StoreError } from "../store.ts";
import { UNFINISHED } from "../unfinished.ts";
import { mayFill, type Target, type TargetPlace, type TargetState } from "./ends.ts";
import { MysqlFilling } from "./mysql_filling.ts";
import { attempt, STATEMENT_TIMEOUT_MS } from "./mysql_rows.ts";
import { nameOf } from "./mysql_source.ts";
import { TABLES } from "./tables.ts";

const CONNECT_TIMEOUT_MS = 5_000;
/** A session whose client was killed ends when the server notices: mostly at once. */
const OTHERS_WAIT_MS = 10_000;
const OTHERS_POLL_MS = 100;
/** The lock's name is for the whole server and at most 64 characters. */
const LOCK_NAME_CHARS = 64;

/** A database that is there, with or without our tables. */
export function mysqlTargetAt(address: MysqlAddress): TargetPlace {
  const name = nameOf(address);
  return {
    name,
    state: () => attempt(name, () => connected(address, (one) => look(one, name))),
    take: (from) => attempt(name, () => take(address, name, from)),
  };
}

async function connected<T>(
  address: MysqlAddress,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await Connection.open(address, CONNECT_TIMEOUT_MS);
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

async function look(connection: Connection, name: string): Promise<TargetState> {
  const { version, from } = await stateOf(connection, name);
  if (from !== undefined) return { kind: "unfinished", from };
  // Not even the first step was done to its end.
  if (!version) return { kind: "empty" };
  for (const table of TABLES) {
    const rows = await connection.rows(
      sql`SELECT 1 FROM ${raw(table.name)} WHERE ${raw(table.only ?? "TRUE")} LIMIT 1`,
      STATEMENT_TIMEOUT_MS,
    );
    if (rows.length > 0) return { kind: "used" };
  }
  return { kind: "empty" };
}

async function take(address: MysqlAddress, name: string, from: string): Promise<Target> {
  mayFill(name, await connected(address, (one) => look(one, name)), from);
  await connected(address, (one) => migrate(one, address.database, undefined, true));
  const connection = await Connection.open(address, CONNECT_TIMEOUT_MS);
  try {
    await connection.becomePatient(CONNECT_TIMEOUT_MS);
    await lock(connection, address.database, name);
    // Again, for now nobody else can change it.
    const state = await look(connection, name);
    mayFill(name, state, from);
    if (state.kind === "empty") await claim(connection, name, from);
    else await connection.run(SHUT_OUT, STATEMENT_TIMEOUT_MS);
    return new MysqlFilling(connection, name, address);
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

/**
 * Until this session ends. Nodes hold no lock; but who serves the database is connected to it, unless
 * nobody has asked it anything for a while: such a one is shut out afterwards.
 */
async function lock(connection: Connection, database: string, name: string): Promise<void> {
  const label = `hubbub fills ${database}`.slice(0, LOCK_NAME_CHARS);
  const [locked] = await connection.rows<{ got: number | null }>(
    sql`SELECT GET_LOCK(${label}, ${OTHERS_WAIT_MS / 1000}) AS got`,
    STATEMENT_TIMEOUT_MS,
  );
  if (locked?.got !== 1) throw new StoreError("locked", `${name} is being filled already`);
  const deadlineMs = performance.now() + OTHERS_WAIT_MS;
  while (await others(connection) > 0) {
    if (performance.now() > deadlineMs) {
      throw new StoreError("locked", `${name} is in use: other programs are connected to it`);
    }
    await new Promise((resolve) => setTimeout(resolve, OTHERS_POLL_MS));
  }
}

async function others(connection: Connection): Promise<number> {
  const [row] = await connection.rows<{ n: number }>(
    sql`SELECT COUNT(*) AS n FROM information_schema.processlist
      WHERE db = DATABASE() AND id <> CONNECTION_ID()`,
    STATEMENT_TIMEOUT_MS,
  );
  return row?.n ?? 0;
}

/**
 * Shuts out who serves it and marks it, in one step, unless somebody has written to it since it was
 * looked at: what was acknowledged is not filled over, and who did it goes on.
 */
async function claim(connection: Connection, name: string, from: string): Promise<void> {
  const table = raw(UNFINISHED);
  // Without a row it says nothing: DDL has no transaction.
  await connection.run(
    sql`CREATE TABLE IF NOT EXISTS ${table} (source VARCHAR(8000) NOT NULL)
      ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4`,
    STATEMENT_TIMEOUT_MS,
  );
  // Of the next transaction: who registers meanwhile waits for its end, and finds the mark.
  await connection.run(
    raw("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"),
    STATEMENT_TIMEOUT_MS,
  );
  const transaction = new Transaction(connection, [], () => STATEMENT_TIMEOUT_MS);
  try {
    await transaction.run(SHUT_OUT);
    mayFill(name, await look(connection, name), from);
    transaction.later(sql`INSERT INTO ${table} (source) VALUES (${from})`);
    await transaction.commit();
  } catch (error) {
    await transaction.rollback();
    await connection.run(sql`DROP TABLE IF EXISTS ${table}`, STATEMENT_TIMEOUT_MS);
    throw error;
  }
}
