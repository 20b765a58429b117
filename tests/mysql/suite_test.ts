import { Connection, type MysqlAddress } from "../../store/mysql/connection.ts";
import { openMysql } from "../../store/mysql/mysql.ts";
import { raw } from "../../store/mysql/sql.ts";
import { onlyOf } from "../../store/suite.ts";
import { type DatabaseServer, MARIADB_PROGRAMS, startMariadb } from "../../backends/mariadb.ts";
import { missingPrograms } from "../../backends/program.ts";
import { addressOf } from "./address.ts";

/**
 * Every promise of the store's contract, once more: made of MySQL, by a MariaDB that runs as long
 * as this file's tests.
 */
const SUITE = [
  "history",
  "log",
  "membership",
  "message_changes",
  "rooms",
  "search",
  "strangers",
  "unread",
  "users",
];

let server: DatabaseServer | undefined;

if (missingPrograms(...MARIADB_PROGRAMS).length > 0) {
  Deno.test({ name: "mysql: the promises of the store", ignore: true, fn() {} });
} else {
  Deno.test.beforeAll(async () => {
    server = await startMariadb();
  });
  Deno.test.afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
  });
  onlyOf({
    name: "mysql",
    open: async (options) => {
      if (!server) throw new Error("the server was not started");
      const address = addressOf(server.url());
      await empty(address);
      return await openMysql({ ...address, connections: 4, ...options });
    },
  });
  for (const name of SUITE) await import(`../../store/${name}_test.ts`);
}

/** As it was made: making it anew for each promise takes a quarter of a second. */
async function empty(address: MysqlAddress): Promise<void> {
  const connection = await Connection.open(address, 5_000);
  try {
    const tables = await connection.rows<{ name: string }>(
      raw(
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()",
      ),
      5_000,
    );
    const names = tables.map(({ name }) => name).filter((name) =>
      !/^(hubbub_schema|marks)$/.test(name)
    );
    if (names.length === 0) return;
    const script = names.flatMap((name) => [
      `DELETE FROM ${name}`,
      ...(/^(users|rooms|messages|search_queue)$/.test(name)
        ? [`ALTER TABLE ${name} AUTO_INCREMENT = 1`]
        : []),
    ]);
    await connection.script(raw(script.join(";")), 5_000);
  } finally {
    await connection.close();
  }
}
