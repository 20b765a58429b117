import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import type { BackendServer } from "../../backends/backend_server.ts";
import { DATABASE_PROGRAMS, startDatabase } from "../../backends/database.ts";
import { missingPrograms } from "../../backends/program.ts";
import { Connection, type MysqlAddress } from "../../store/mysql/connection.ts";
import { openMysql } from "../../store/mysql/mysql.ts";
import { raw } from "../../store/mysql/sql.ts";
import { StoreError } from "../../store/store.ts";
import { ALICE, inFolder, say } from "../../store/suite.ts";
import type { Target } from "../../store/transfer/ends.ts";
import { AWKWARD_TEXTS, dump, makeLivedIn } from "../../store/transfer/fake_store.ts";
import { dying, edit, failure, over, pour } from "../../store/transfer/fake_transfer.ts";
import { openMysqlSource } from "../../store/transfer/mysql_source.ts";
import { mysqlTargetAt } from "../../store/transfer/mysql_target.ts";
import { openSqliteSource } from "../../store/transfer/sqlite_source.ts";
import { sqliteTargetAt } from "../../store/transfer/sqlite_target.ts";
import { TABLES } from "../../store/transfer/tables.ts";
import { addressOf } from "./address.ts";
import { disconnect } from "./disconnect.ts";

const TIMEOUT_MS = 10_000;
let server: BackendServer | undefined;
let databases = 0;

Deno.test.beforeAll(async () => {
  if (missingPrograms(...DATABASE_PROGRAMS).length === 0) server = await startDatabase();
});
Deno.test.afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
});

/** A folder with a store in `from.db`, and an empty database. */
function test(
  name: string,
  run: (from: string, address: MysqlAddress, folder: string) => Promise<void>,
): void {
  Deno.test({
    name: `mysql transfer: ${name}`,
    ignore: missingPrograms(...DATABASE_PROGRAMS).length > 0,
    fn: () =>
      inFolder(async (folder) => {
        const from = join(folder, "from.db");
        await makeLivedIn(from, 3_000);
        await run(from, await emptyDatabase(), folder);
      }),
  });
}

async function emptyDatabase(): Promise<MysqlAddress> {
  if (!server) throw new Error("the server was not started");
  const address = addressOf(server.url());
  const database = `hubbub_${databases++}`;
  await run(address, `CREATE DATABASE ${database} CHARACTER SET latin1`);
  return { ...address, database };
}

async function run(address: MysqlAddress, sql: string): Promise<void> {
  const connection = await Connection.open(address, TIMEOUT_MS);
  try {
    await connection.run(raw(sql), TIMEOUT_MS);
  } finally {
    await connection.close();
  }
}

const sqlite = (path: string) => () => openSqliteSource(path);
const mysql = (address: MysqlAddress) => () => openMysqlSource(address);

test("SQLite to MySQL and back is the same, byte by byte", async (from, address, folder) => {
  const there = await pour(sqlite(from), mysqlTargetAt(address));
  const back = await pour(mysql(address), sqliteTargetAt(join(folder, "back.db")));
  assertEquals(back, there);
  assertEquals(dump(join(folder, "back.db")), dump(from));
});

test("nothing is wrong with what comes out, and everything is found", async (from, address) => {
  await pour(sqlite(from), mysqlTargetAt(address));
  const store = await openMysql({ ...address, connections: 4, searchBudgetMs: 60_000 });
  try {
    assertEquals(await store.check(false), []);
    assertEquals(await store.index(1), false, "the search index lacks something");
    const user = (await store.userByName("alice"))?.id ?? "";
    const { rows } = await store.search({ query: AWKWARD_TEXTS[6] ?? "", user, limit: 999 });
    assertEquals(rows.length, 249);
    // Numbers go on after those that were moved.
    const made = await store.createRoom({ name: "n", canonical: "n", kind: "public" }, 1);
    assert("room" in made && made.room.id === 4);
  } finally {
    await store.close();
  }
});

test("MySQL to MySQL is a backup and restores", async (from, address, folder) => {
  const copy = await emptyDatabase();
  await pour(sqlite(from), mysqlTargetAt(address));
  await pour(mysql(address), mysqlTargetAt(copy));
  await pour(mysql(copy), sqliteTargetAt(join(folder, "back.db")));
  assertEquals(dump(join(folder, "back.db")), dump(from));
});

test(
  "what dies at any page goes on there, and the result is the same",
  async (from, address, folder) => {
    const to = mysqlTargetAt(address);
    let deaths = 0;
    for (; deaths < 99; deaths++) {
      try {
        assertEquals((await pour(sqlite(from), to, dying(1))).outdated, 0);
        break;
      } catch (error) {
        assertEquals((error as Error).message, "dies here");
      }
      const refused = await assertRejects(
        () => openMysql({ ...address, connections: 4 }),
        StoreError,
      );
      assertEquals(refused.failure, "unfinished");
      const source = await assertRejects(() => openMysqlSource(address), StoreError);
      assertEquals(source.failure, "unfinished");
    }
    assertEquals(deaths, 11);
    await pour(mysql(address), sqliteTargetAt(join(folder, "back.db")));
    assertEquals(dump(join(folder, "back.db")), dump(from));
  },
);

test(
  "a source that changed after the first run is moved as it is now",
  async (from, address, folder) => {
    const to = mysqlTargetAt(address);
    await assertRejects(() => pour(sqlite(from), to, dying(5)), Error, "dies here");
    edit(
      from,
      `UPDATE users SET canonical = NULL WHERE name = 'bob';
     UPDATE users SET canonical = 'bob' WHERE name = 'carol';
     UPDATE messages SET content = 'edited', key = NULL WHERE id IN (10, 2000);
     UPDATE messages SET key = 'taken' WHERE id = 12;
     DELETE FROM users WHERE no = 8;`,
    );
    const { outdated } = await pour(sqlite(from), to);
    assert(outdated >= 6, `${outdated} rows were outdated`);
    await pour(mysql(address), sqliteTargetAt(join(folder, "back.db")));
    assertEquals(dump(join(folder, "back.db")), dump(from));
  },
);

test("a source that is written to meanwhile is moved as it was", async (from, address, folder) => {
  await pour(sqlite(from), mysqlTargetAt(address));
  const writing = (target: Target) =>
    over(target, {
      async add(table, rows) {
        await run(address, "UPDATE messages SET content = CONCAT(content, '!'), seq = seq + 10000");
        await target.add(table, rows);
      },
    });
  await pour(mysql(address), sqliteTargetAt(join(folder, "back.db")), writing);
  assertEquals(dump(join(folder, "back.db")), dump(from));
});

const DIFFERENCES: readonly (readonly [sql: string, named: string])[] = [
  ["UPDATE messages SET content = CONCAT(content, ' ') WHERE id = 7", "messages, id 7: content"],
  ["UPDATE users SET seen_at = seen_at - 1 WHERE no = 2", "users, no 2: seen_at differs"],
  ["UPDATE users SET name = LOWER(name) WHERE name = 'PLAIN'", "name differs"],
  ["DELETE FROM sessions WHERE id = 'session-B'", 'sessions, id "session-B": missing'],
  ["INSERT INTO blocks VALUES (9, 9, 9)", "blocks, user 9, blocked 9: only in the target"],
];

test("a difference that somebody planted is found and named", async (from, address) => {
  for (const [sql, named] of DIFFERENCES) {
    await run(address, `DROP DATABASE ${address.database}`).catch(() => {});
    await run({ ...address, database: "hubbub" }, `CREATE DATABASE ${address.database}`);
    const planting = (target: Target) => {
      let compared = false;
      return over(target, {
        async page(table, after, limit) {
          if (!compared) await run(address, sql);
          compared = true;
          return await target.page(table, after, limit);
        },
      });
    };
    const error = await failure(() => pour(sqlite(from), mysqlTargetAt(address), planting));
    assertEquals(error.failure, "differs");
    assertEquals(error.details.length, 1);
    assertStringIncludes(error.details[0] ?? "", named);
  }
});

test("only an empty database of ours, or of nobody, is taken", async (from, address) => {
  const to = mysqlTargetAt(address);
  await (await openMysql({ ...address, connections: 4 })).close();
  await pour(sqlite(from), to);
  assertEquals((await failure(() => pour(sqlite(from), to))).failure, "target_used");
  const foreign = await emptyDatabase();
  await run(foreign, "CREATE TABLE photos (id INT)");
  const refused = await assertRejects(() => pour(sqlite(from), mysqlTargetAt(foreign)), StoreError);
  assertStringIncludes(refused.message, "another program");
  const empty = await emptyDatabase();
  assertEquals((await failure(() => openMysqlSource(empty))).failure, "source");
});

test("a database that is being filled or served is left alone", async (from, address) => {
  const to = mysqlTargetAt(address);
  const target = await to.take("sqlite:/somewhere");
  try {
    const other = await assertRejects(() => to.take("sqlite:/somewhere"), StoreError);
    assertEquals(other.failure, "locked");
  } finally {
    await target.close();
  }
  assertEquals((await failure(() => pour(sqlite(from), to))).failure, "other_source");
});

test(
  "a node that sat idle while its database was filled writes nothing to it",
  async (from, address) => {
    const node = await openMysql({ ...address, connections: 4 });
    try {
      await node.ensureUser(ALICE, ALICE.name, 1);
      await run(address, `DELETE FROM users`);
      await disconnect(address);
      await pour(sqlite(from), mysqlTargetAt(address));
      const error = await assertRejects(
        async () => say(node, (await node.room(1))!, ALICE, "hello"),
        StoreError,
      );
      assertStringIncludes(error.message, "moved into this database: start again");
    } finally {
      await node.close();
    }
    const next = await openMysql({ ...address, connections: 4 });
    try {
      const lobby = (await next.room(1))!;
      assertEquals((await say(next, lobby, ALICE, "hello")).seq, lobby.seq + 1);
    } finally {
      await next.close();
    }
  },
);

test(
  "every table and column of the schema is moved, or is known to be derived",
  async (_, address) => {
    await (await openMysql({ ...address, connections: 4 })).close();
    const connection = await Connection.open(address, TIMEOUT_MS);
    try {
      const columns = await connection.rows<{ name: string }>(
        raw(`SELECT CONCAT(table_name, '.', column_name) AS name FROM information_schema.columns
        WHERE table_schema = DATABASE()
          AND table_name NOT IN ('hubbub_schema', 'search_grams', 'search_queue', 'secrets', 'writers')`),
        TIMEOUT_MS,
      );
      const listed = TABLES.flatMap(({ name, columns }) =>
        columns.map((column) => `${name}.${column.name}`)
      );
      assertEquals(columns.map(({ name }) => name).toSorted(), listed.toSorted());
    } finally {
      await connection.close();
    }
  },
);
