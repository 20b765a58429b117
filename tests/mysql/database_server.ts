import type { BackendServer } from "../../backends/backend_server.ts";
import { DATABASE_PROGRAMS, startDatabase } from "../../backends/database.ts";
import { missingPrograms } from "../../backends/program.ts";
import { Connection, type MysqlAddress } from "../../store/mysql/connection.ts";
import { raw } from "../../store/mysql/sql.ts";
import { PATIENCE_MS } from "../patience.ts";
import { addressOf } from "./address.ts";

/** Numbers that begin again with the first test's. */
const NUMBERED = new Set(["users", "rooms", "messages", "search_queue"]);
/** What the schema itself puts there. */
const KEPT = new Set(["hubbub_schema", "marks"]);
const TIMEOUT_MS = PATIENCE_MS;

/** Where a MariaDB is not installed, its tests are skipped and say so. */
export const isSkipped = missingPrograms(...DATABASE_PROGRAMS).length > 0;

let server: BackendServer | undefined;

/** A MariaDB that runs as long as this file's tests. */
export function withServer(options: readonly string[] = []): void {
  if (isSkipped) return;
  Deno.test.beforeAll(async () => {
    server = await startDatabase({ options });
  });
  Deno.test.afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
  });
}

export function theServer(): BackendServer {
  if (!server) throw new Error("the server was not started");
  return server;
}

export const theAddress = (): MysqlAddress => addressOf(theServer().url());

/** A test with an empty database. */
export function test(name: string, fn: (address: MysqlAddress) => Promise<void>): void {
  Deno.test({
    name: `mysql: ${name}`,
    ignore: isSkipped,
    async fn() {
      await empty(theAddress());
      await fn(theAddress());
    },
  });
}

/** A session of somebody else, who may hold locks. */
export async function beside(
  address: MysqlAddress,
  run: (other: Connection) => Promise<void>,
): Promise<void> {
  const other = await Connection.open(address, TIMEOUT_MS);
  try {
    await other.becomePatient(TIMEOUT_MS);
    await run(other);
  } finally {
    await other.close();
  }
}

/** As a client of another program would do it; each statement by itself. */
export async function execute(address: MysqlAddress, ...statements: string[]) {
  const connection = await Connection.open(address, TIMEOUT_MS);
  try {
    const results = [];
    for (const statement of statements) {
      results.push(await connection.rows<Record<string, unknown>>(raw(statement), TIMEOUT_MS));
    }
    return results.at(-1) ?? [];
  } finally {
    await connection.close();
  }
}

/** As it was made: making it anew for each test takes a quarter of a second. */
export async function empty(address: MysqlAddress): Promise<void> {
  const tables = await execute(
    address,
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()",
  );
  const names = tables.map(({ name }) => String(name)).filter((name) => !KEPT.has(name));
  await execute(
    address,
    ...names.map((name) => `DELETE FROM ${name}`),
    ...names.filter((name) => NUMBERED.has(name))
      .map((name) => `ALTER TABLE ${name} AUTO_INCREMENT = 1`),
  );
}
