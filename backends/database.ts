import type { BackendServer } from "./backend_server.ts";
import { asRoot } from "./database_kind.ts";
import { MARIADB } from "./mariadb.ts";
import { mysqlAt } from "./mysql.ts";
import { freePort, hearFirst, Program } from "./program.ts";

/** A MySQL's server, where the tests and the bench are to run on one instead of MariaDB. */
const MYSQLD = Deno.env.get("HUBBUB_TEST_MYSQLD");
const KIND = MYSQLD ? mysqlAt(MYSQLD) : MARIADB;

export const isMariadb = KIND === MARIADB;
export const DATABASE_PROGRAMS = KIND.programs;

const USER = "hubbub";
const PASSWORD = "for-this-test-only";

/**
 * A MariaDB (or MySQL) of the test's own, with an empty database `hubbub`. `prefix` puts it on another
 * host, which the test reaches as `hostname`. `options`: further ones of the server.
 */
export async function startDatabase(
  { hostname = "127.0.0.1", prefix = [], options = [] }: {
    hostname?: string;
    prefix?: readonly string[];
    options?: readonly string[];
  } = {},
): Promise<BackendServer> {
  const folder = await Deno.makeTempDir({ prefix: "hubbub-database-" });
  const remove = () => Deno.remove(folder, { recursive: true });
  try {
    await Deno.mkdir(`${folder}/tmp`);
    await writeInit(folder);
    await KIND.install(folder);
  } catch (error) {
    await remove();
    throw error;
  }
  const port = prefix.length > 0 ? 3306 : freePort();
  let program: Program | undefined;
  const start = async () => {
    await Deno.remove(pidFile(folder)).catch(() => {});
    program = new Program([
      ...prefix,
      ...serverCommand(folder, prefix.length > 0 ? "0.0.0.0" : hostname, port),
      ...options,
    ]);
    await program.ready(async () => {
      // Whoever else has the port by now may be one, too.
      if (!isThere(pidFile(folder))) return false;
      // The server speaks first: a packet with its version.
      const greeting = await hearFirst({ hostname, port });
      return greeting !== undefined && greeting.includes(KIND.greeting);
    });
  };
  try {
    await start();
  } catch (error) {
    await program?.kill();
    const log = await Deno.readTextFile(`${folder}/error.log`).catch(() => "");
    await remove();
    throw new Error(`${KIND.name} did not start: ${log.slice(-2_000)}`, { cause: error });
  }
  return {
    hostname,
    port,
    url: (through = { hostname, port }) =>
      `mysql://${USER}:${PASSWORD}@${through.hostname}:${through.port}/hubbub`,
    freeze: async () => await program?.freeze(),
    thaw: () => program?.thaw(),
    kill: async () => await program?.kill(),
    start,
    async [Symbol.asyncDispose]() {
      await program?.kill();
      await remove();
    },
  };
}

/** What every start makes sure of. */
async function writeInit(folder: string): Promise<void> {
  // One statement a line: the server reads them so.
  await Deno.writeTextFile(
    `${folder}/init.sql`,
    [
      "CREATE DATABASE IF NOT EXISTS hubbub CHARACTER SET utf8mb4",
      `CREATE USER IF NOT EXISTS '${USER}'@'%' IDENTIFIED BY '${PASSWORD}'`,
      `GRANT ALL ON *.* TO '${USER}'@'%' WITH GRANT OPTION`,
    ].map((statement) => `${statement};\n`).join(""),
  );
}

function serverCommand(folder: string, hostname: string, port: number): string[] {
  return [
    ...KIND.command(folder),
    `--socket=${folder}/server.sock`,
    `--pid-file=${pidFile(folder)}`,
    `--log-error=${folder}/error.log`,
    `--init-file=${folder}/init.sql`,
    `--bind-address=${hostname}`,
    `--port=${port}`,
    "--skip-name-resolve",
    // The death of the machine is not what these tests are about.
    "--innodb-flush-log-at-trx-commit=2",
    ...asRoot(),
  ];
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Written by a server that has its port. */
const pidFile = (folder: string) => `${folder}/server.pid`;
