import { assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { DATABASE_PROGRAMS, isMariadb, startDatabase } from "../../backends/database.ts";
import { missingPrograms } from "../../backends/program.ts";
import { Connection } from "../../store/mysql/connection.ts";
import { raw, sql } from "../../store/mysql/sql.ts";
import { startProxy } from "../cluster/harness/tcp_proxy.ts";
import { addressOf } from "./address.ts";

const ignore = missingPrograms(...DATABASE_PROGRAMS).length > 0;
/** Well before the server would answer. */
const SOON_MS = 30_000;

Deno.test({
  name: "mysql: what is under way when the connection is ended rejects, and so does connecting",
  ignore,
  async fn() {
    await using server = await startDatabase();
    await using line = startProxy(server);
    const address = addressOf(server.url(line));
    const connection = await Connection.open(address, SOON_MS);
    const answer = connection.rows(sql`SELECT SLEEP(60)`, 60_000);
    line.cut();
    // With the end of the connection or, when that is seen first, the reset of its line.
    await deadline(assertRejects(() => answer, Error), SOON_MS);
    await deadline(assertRejects(() => Connection.open(address, 60_000)), SOON_MS);
    connection.destroy();
  },
});

Deno.test({
  name: "mysql: a server that starts takes no temporary table away from one that works",
  ignore,
  async fn() {
    await using server = await startDatabase();
    const connection = await Connection.open(addressOf(server.url()), SOON_MS);
    try {
      await connection.becomePatient(SOON_MS);
      // One whose tables are files in that folder.
      const engine = isMariadb ? "Aria" : "MyISAM";
      await connection.run(
        raw(`CREATE TEMPORARY TABLE mine (a TEXT) ENGINE = ${engine}`),
        SOON_MS,
      );
      await using _other = await startDatabase();
      await connection.run(sql`DROP TEMPORARY TABLE mine`, SOON_MS);
    } finally {
      await connection.close();
    }
  },
});
