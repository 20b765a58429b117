import { assert, assertEquals, assertRejects } from "@std/assert";
import { createConnection } from "mysql2/promise";
import { DATABASE_PROGRAMS, startDatabase } from "./database.ts";
import { hearFirst, missingPrograms } from "./program.ts";
import { REDIS_PROGRAMS, startRedis } from "./redis.ts";

const ignore = missingPrograms(...DATABASE_PROGRAMS, ...REDIS_PROGRAMS).length > 0;

Deno.test({
  name:
    "a database server of the test's own keeps its data over a kill -9 and leaves nothing behind",
  ignore,
  async fn() {
    let port;
    {
      await using database = await startDatabase();
      port = database.port;
      assert((await hearFirst(database)) !== undefined);
      await sql(database.url(), "CREATE TABLE kept (a INT)", "INSERT INTO kept VALUES (42)");
      await database.kill();
      assertEquals(await hearFirst(database), undefined);
      await database.start();
      assertEquals(await sql(database.url(), "SELECT a FROM kept"), [{ a: 42 }]);
      await database.freeze();
      assertEquals(await hearFirst(database, "", 1_000), undefined, "a frozen server answered");
      database.thaw();
      assert((await hearFirst(database)) !== undefined);
    }
    await assertRejects(() => Deno.connect({ hostname: "127.0.0.1", port }));
  },
});

Deno.test({
  name: "a Redis of the test's own comes back empty on its port after a kill -9",
  ignore,
  async fn() {
    await using redis = await startRedis();
    assertEquals(await hearFirst(redis, "SET a 1\r\n"), "+OK\r\n");
    await redis.kill();
    await redis.start();
    assertEquals(await hearFirst(redis, "GET a\r\n"), "$-1\r\n");
  },
});

/** Answers what the last one does. */
async function sql(url: string, ...statements: readonly string[]): Promise<unknown> {
  const connection = await createConnection(url);
  try {
    let answer: unknown;
    for (const statement of statements) [answer] = await connection.query(statement);
    return answer;
  } finally {
    await connection.end();
  }
}
