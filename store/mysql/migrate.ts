import { StoreError } from "../store.ts";
import { UNFINISHED, unfinished } from "../unfinished.ts";
import type { Connection } from "./connection.ts";
import start from "./migrations/0001_start.ts";
import { raw, sql } from "./sql.ts";

/** A step's statements, given the collation; each must be fit to be run twice (`isDone`). */
export type Migration = (collation: string) => readonly string[];

/** The schema's steps, oldest first. Step n takes a database from version n-1 to n. */
export const MIGRATIONS: readonly Migration[] = [start];

/** A whole table may be rewritten; another node waits for as long. */
const STATEMENT_TIMEOUT_MS = 3_600_000;
const LOCK_TIMEOUT_S = 600;
const QUESTION_TIMEOUT_MS = 10_000;
/** The lock's name is for the whole server and at most 64 characters. */
const LOCK_NAME_CHARS = 64;

/** How far the schema is: `statement` of the step after `version` have been run. */
interface Progress {
  readonly version: number;
  readonly statement: number;
}

/**
 * Brings the schema to the newest version, under a lock that the server gives back when its holder
 * dies: of several nodes that start at once one does the work. MySQL ends a transaction at every
 * DDL statement, so each one is written down when it is done; a node that was killed half-way is
 * continued at its last statement, which then may find its work done. The connection keeps the lock:
 * close it then. Refuses a database that is not filled yet, except to who is `filling` it.
 */
export async function migrate(
  connection: Connection,
  database: string,
  steps: readonly Migration[] = MIGRATIONS,
  filling = false,
): Promise<void> {
  const ask = <R>(text: ReturnType<typeof sql>) => connection.rows<R>(text, QUESTION_TIMEOUT_MS);
  const [server] = await ask<{ version: string }>(sql`SELECT VERSION() AS version`);
  const collation = collationOf(server?.version ?? "");
  await connection.becomePatient(QUESTION_TIMEOUT_MS);
  const lock = `hubbub ${database}`.slice(0, LOCK_NAME_CHARS);
  const [locked] = await connection.rows<{ got: number | null }>(
    sql`SELECT GET_LOCK(${lock}, ${LOCK_TIMEOUT_S}) AS got`,
    LOCK_TIMEOUT_S * 1000 + QUESTION_TIMEOUT_MS,
  );
  if (locked?.got !== 1) {
    throw new StoreError("locked", `${database}: another process is still changing its schema`);
  }
  await recognize(connection, database, filling);
  await advance(connection, database, steps, collation);
}

async function advance(
  connection: Connection,
  database: string,
  steps: readonly Migration[],
  collation: string,
): Promise<void> {
  let { version, statement } = await progressOf(connection);
  refuseNewer(version, steps, database);
  for (; version < steps.length; version++, statement = 0) {
    const statements = steps[version]?.(collation) ?? [];
    for (; statement < statements.length; statement++) {
      try {
        await connection.run(raw(statements[statement] ?? ""), STATEMENT_TIMEOUT_MS);
      } catch (error) {
        if (!isDone(error)) throw error;
      }
      await save(connection, { version, statement: statement + 1 });
    }
    await save(connection, { version: version + 1, statement: 0 });
  }
}

export function refuseNewer(
  version: number,
  steps: readonly Migration[],
  database: string,
): void {
  if (version <= steps.length) return;
  throw new StoreError(
    "newer",
    `${database} was written by a newer version (schema ${version}, this one knows ${steps.length})`,
  );
}

/** Its first table is made here, so that a database of ours is known from then on. */
async function recognize(
  connection: Connection,
  database: string,
  filling: boolean,
): Promise<void> {
  const state = await stateOf(connection, database);
  if (state.from !== undefined && !filling) throw unfinished(database, state.from);
  if (state.version !== undefined) return;
  await connection.run(
    sql`CREATE TABLE hubbub_schema (id TINYINT NOT NULL PRIMARY KEY, version INT NOT NULL,
      statement INT NOT NULL) ENGINE = InnoDB`,
    QUESTION_TIMEOUT_MS,
  );
}

export interface SchemaState {
  /** Of the schema; undefined: nothing is there yet. */
  readonly version?: number;
  /** From where it is being filled, when it is. */
  readonly from?: string;
}

/** Looks, and changes nothing. Throws `corrupt` when it is another program's database. */
export async function stateOf(connection: Connection, database: string): Promise<SchemaState> {
  const tables = await connection.rows<{ name: string }>(
    sql`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()`,
    QUESTION_TIMEOUT_MS,
  );
  const has = (table: string) => tables.some(({ name }) => name === table);
  if (tables.length === 0) return {};
  if (!has("hubbub_schema")) {
    throw new StoreError("corrupt", `${database} is a database of another program`);
  }
  const { version } = await progressOf(connection);
  if (!has(UNFINISHED)) return { version };
  const [source] = await connection.rows<{ source: string }>(
    sql`SELECT source FROM ${raw(UNFINISHED)}`,
    QUESTION_TIMEOUT_MS,
  );
  // The table is made before its row: DDL has no transaction.
  return { version, ...(source && { from: source.source }) };
}

async function progressOf(connection: Connection): Promise<Progress> {
  const [progress] = await connection.rows<Progress>(
    sql`SELECT version, statement FROM hubbub_schema WHERE id = 1`,
    QUESTION_TIMEOUT_MS,
  );
  return progress ?? { version: 0, statement: 0 };
}

async function save(connection: Connection, { version, statement }: Progress): Promise<void> {
  await connection.run(
    sql`INSERT INTO hubbub_schema (id, version, statement) VALUES (1, ${version}, ${statement})
      ON DUPLICATE KEY UPDATE version = VALUES(version), statement = VALUES(statement)`,
    QUESTION_TIMEOUT_MS,
  );
}

/** What a statement says that was run before: it is there, or what it drops is not. */
const DONE: ReadonlySet<number> = new Set([
  1050, // ER_TABLE_EXISTS_ERROR
  1051, // ER_BAD_TABLE_ERROR
  1060, // ER_DUP_FIELDNAME
  1061, // ER_DUP_KEYNAME
  1091, // ER_CANT_DROP_FIELD_OR_KEY
]);

function isDone(error: unknown): boolean {
  return error instanceof Error && "errno" in error && DONE.has(error.errno as number);
}

/** Byte by byte, without padding: "a" and "a " are two texts. */
function collationOf(version: string): string {
  return version.includes("MariaDB") ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin";
}
