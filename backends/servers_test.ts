import { assert, assertEquals, assertRejects } from "@std/assert";
import { MARIADB_PROGRAMS, startMariadb } from "./mariadb.ts";
import { hearFirst, missingPrograms, runProgram } from "./program.ts";
import { REDIS_PROGRAMS, startRedis } from "./redis.ts";

const ignore = missingPrograms(...MARIADB_PROGRAMS, ...REDIS_PROGRAMS).length > 0;

Deno.test({
  name: "a MariaDB of the test's own keeps its data over a kill -9 and leaves nothing behind",
  ignore,
  async fn() {
    let port;
    {
      await using database = await startMariadb();
      port = database.port;
      assert((await hearFirst(database))?.includes("MariaDB"));
      await sql(database.url(), "CREATE TABLE kept (a INT); INSERT INTO kept VALUES (42)");
      await database.kill();
      assertEquals(await hearFirst(database), undefined);
      await database.start();
      assert((await sql(database.url(), "SELECT a FROM kept")).includes("42"));
      await database.freeze();
      assertEquals(await hearFirst(database, "", 1_000), undefined, "a frozen server answered");
      database.thaw();
      assert((await hearFirst(database))?.includes("MariaDB"));
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

function sql(url: string, statement: string): Promise<string> {
  const { hostname, port, username, password, pathname } = new URL(url);
  return runProgram(
    "mariadb",
    ...["-h", hostname, "-P", port, "-u", username, `-p${password}`],
    ...["-e", statement, pathname.slice(1)],
  );
}
