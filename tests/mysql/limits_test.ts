import { assert, assertEquals, assertRejects } from "@std/assert";
import { delay } from "@std/async/delay";
import { Connection } from "../../store/mysql/connection.ts";
import { openMysql } from "../../store/mysql/mysql.ts";
import { raw } from "../../store/mysql/sql.ts";
import { StoreError } from "../../store/store.ts";
import { ALICE, room, say } from "../../store/suite.ts";
import { beside, execute, test, withServer } from "./database_server.ts";

withServer();

const TIMEOUT_MS = 60_000;
/** Both limits are shorter; a machine that is busy elsewhere has the rest. */
const LIMIT_MS = 13_000;
const POLL_MS = 50;

test("who falls silent in a transaction holds its locks for seconds", (address) =>
  beside(address, async (other) => {
    await (await openMysql({ ...address, connections: 3 })).close();
    const silent = await Connection.open(address, TIMEOUT_MS);
    try {
      const lock = raw("SELECT value FROM marks WHERE name = 'probe' FOR UPDATE");
      await silent.script(raw(`START TRANSACTION; ${lock}`), TIMEOUT_MS);
      const startedMs = performance.now();
      await other.rows(lock, TIMEOUT_MS);
      const tookMs = performance.now() - startedMs;
      assert(tookMs < LIMIT_MS, `the locks were held for ${tookMs} ms`);
    } finally {
      silent.destroy();
    }
  }));

test("what was given up because a table is locked does not go on waiting at the server", async (address) => {
  const store = await openMysql({ ...address, connections: 4 });
  try {
    const lobby = await room(store);
    await beside(address, async (other) => {
      await other.run(raw("LOCK TABLES writers WRITE"), TIMEOUT_MS);
      const error = await assertRejects(() => say(store, lobby, ALICE, "never"), StoreError);
      assertEquals(error.failure, "unreachable", error.message);
      const startedMs = performance.now();
      for (;;) {
        const waiting = await execute(
          address,
          `SELECT id, info FROM information_schema.processlist
            WHERE db = '${address.database}' AND info LIKE 'UPDATE writers%'`,
        );
        if (waiting.length === 0) break;
        const tookMs = performance.now() - startedMs;
        assert(tookMs < LIMIT_MS, `${waiting.length} still wait after ${tookMs} ms`);
        await delay(POLL_MS);
      }
      await other.run(raw("UNLOCK TABLES"), TIMEOUT_MS);
    });
    assertEquals((await say(store, lobby, ALICE, "now")).seq, 1);
  } finally {
    await store.close();
  }
});
