import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "node:path";
import type { BackendServer } from "../../backends/backend_server.ts";
import { startDatabase } from "../../backends/database.ts";
import { Connection, type MysqlAddress } from "../../store/mysql/connection.ts";
import { migrate } from "../../store/mysql/migrate.ts";
import { openMysql } from "../../store/mysql/mysql.ts";
import { raw } from "../../store/mysql/sql.ts";
import { StoreError } from "../../store/store.ts";
import { act, ALICE, inFolder, room, say, text } from "../../store/suite.ts";
import { dump, makeLivedIn } from "../../store/transfer/fake_store.ts";
import { pour } from "../../store/transfer/fake_transfer.ts";
import { openMysqlSource } from "../../store/transfer/mysql_source.ts";
import { mysqlTargetAt } from "../../store/transfer/mysql_target.ts";
import { openSqliteSource } from "../../store/transfer/sqlite_source.ts";
import { sqliteTargetAt } from "../../store/transfer/sqlite_target.ts";
import { emptyFolder, run } from "../cli/program.ts";
import { addressOf } from "./address.ts";
import { execute, isSkipped } from "./database_server.ts";

const TIMEOUT_MS = 30_000;

/** A test with a server of its own, set as its operator liked it. */
function test(
  name: string,
  options: readonly string[],
  run: (address: MysqlAddress, server: BackendServer) => Promise<void>,
): void {
  Deno.test({
    name: `mysql: ${name}`,
    ignore: isSkipped,
    async fn() {
      await using server = await startDatabase({ options });
      await run(addressOf(server.url()), server);
    },
  });
}

/** Somebody who may do this and no more. */
async function somebody(address: MysqlAddress, name: string, rights: string) {
  await execute(
    address,
    `CREATE USER '${name}'@'%' IDENTIFIED BY '${address.password}'`,
    `GRANT ${rights} ON hubbub.* TO '${name}'@'%'`,
  );
  return { ...address, user: name };
}

const urlOf = ({ user, password, host, port, database }: MysqlAddress) =>
  `mysql://${user}:${password}@${host}:${port}/${database}`;

test(
  "what the server takes for granted (SQL mode, charset, engine, isolation) makes no difference",
  [
    "--sql-mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,IGNORE_SPACE,ONLY_FULL_GROUP_BY",
    "--character-set-server=latin1",
    "--collation-server=latin1_swedish_ci",
    "--default-storage-engine=MyISAM",
    "--transaction-isolation=SERIALIZABLE",
    "--autocommit=0",
    "--default-time-zone=+13:00",
  ],
  (address) =>
    inFolder(async (folder) => {
      await execute(address, "ALTER DATABASE hubbub CHARACTER SET latin1");
      const [from, back] = [join(folder, "from.db"), join(folder, "back.db")];
      await makeLivedIn(from);
      await pour(() => openSqliteSource(from), mysqlTargetAt(address));
      const store = await openMysql({ ...address, connections: 3, searchBudgetMs: TIMEOUT_MS });
      try {
        assertEquals(await store.check(false), []);
        const lobby = await store.room(1);
        assert(lobby);
        for (const awkward of ["\\' \\", "😀 \\n", "'; --", '"quoted"']) {
          await say(store, lobby, ALICE, awkward);
          const { rows } = await store.history(lobby.id, { limit: 1 });
          assertEquals(rows[0]?.content, awkward);
        }
        const long = await act(store, lobby, ALICE, text("😀".repeat(20_000)));
        assert("row" in long && long.row);
        assertEquals(await store.check(false), []);
      } finally {
        await store.close();
      }
      await pour(() => openMysqlSource(address), sqliteTargetAt(back));
      assertEquals(dump(back)["users"], dump(from)["users"]);
    }),
);

test(
  "a server that takes small packets alone is refused in one line",
  ["--max-allowed-packet=1M"],
  async (address, server) => {
    const error = await assertRejects(() => openMysql({ ...address, connections: 3 }), StoreError);
    assertEquals(error.failure, "unwritable");
    assertStringIncludes(error.message, "max_allowed_packet is 1048576, expected 16777216");
    await using folder = await emptyFolder();
    const { code, stdout, stderr } = await run(["--port", "0", "--store", server.url()], {
      cwd: folder.path,
    });
    assertEquals([code, stdout], [1, ""]);
    assertMatch(stderr, /^hubbub: mysql:[^\n]*max_allowed_packet[^\n]*\n$/);
  },
);

test(
  "who may not make tables is told so in one line; the rights that are documented are enough",
  [],
  async (address) => {
    const reader = await somebody(address, "reader", "SELECT, INSERT, UPDATE, DELETE");
    await using folder = await emptyFolder();
    const { code, stdout, stderr } = await run(["--port", "0", "--store", urlOf(reader)], {
      cwd: folder.path,
    });
    assertEquals([code, stdout], [1, ""]);
    assertMatch(stderr, /^hubbub: mysql:[^\n]*CREATE command denied[^\n]*\n$/);
    assertEquals(stderr.includes(address.password), false);

    const rights = "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, DROP";
    const owner = await somebody(address, "owner", rights);
    await inFolder(async (folder) => {
      const path = join(folder, "from.db");
      await makeLivedIn(path);
      await pour(() => openSqliteSource(path), mysqlTargetAt(owner));
    });
    const store = await openMysql({ ...owner, connections: 3 });
    try {
      assertEquals(await store.check(true), []);
    } finally {
      await store.close();
    }
    // Once the tables are there, nobody has to be able to make any.
    await (await openMysql({ ...reader, connections: 3 })).close();
  },
);

test(
  "a server that becomes read-only refuses what is written, and is read",
  [],
  async (address) => {
    const owner = await somebody(address, "owner", "ALL");
    const store = await openMysql({ ...owner, connections: 3 });
    try {
      const lobby = await room(store);
      await say(store, lobby, ALICE, "before");
      await execute(address, "SET GLOBAL read_only = 1");
      for (const write of [() => say(store, lobby, ALICE, "lost"), () => store.probe()]) {
        const error = await assertRejects(write, StoreError);
        assertEquals(error.failure, "unwritable");
        assertStringIncludes(error.message, "read-only");
      }
      assertEquals((await store.history(lobby.id, { limit: 9 })).rows.length, 1);
      const opening = await assertRejects(
        () => openMysql({ ...owner, connections: 3 }),
        StoreError,
      );
      assertEquals(opening.failure, "unwritable");
      await execute(address, "SET GLOBAL read_only = 0");
      assertEquals((await say(store, lobby, ALICE, "after")).seq, 2);
    } finally {
      await store.close();
    }
  },
);

test(
  "of four that open an empty database at once, one makes the tables, once",
  [],
  async (address) => {
    const stores = await Promise.all(
      Array.from({ length: 4 }, () => openMysql({ ...address, connections: 3 })),
    );
    try {
      const made = await room(stores[0]!);
      for (const store of stores) assertEquals(await store.room(made.id), made);
      const [marks] = await execute(address, "SELECT COUNT(*) AS n FROM marks");
      assertEquals(marks?.["n"], 3);
    } finally {
      await Promise.all(stores.map((store) => store.close()));
    }
  },
);

/** Its steps take long enough to be met half-way, and are told apart by what they leave behind. */
const SLOW_STEPS = [
  () => [
    "CREATE TABLE first (a INT)",
    "CREATE TABLE second (a INT)",
    "INSERT INTO first VALUES (1)",
    "CREATE TABLE third (a INT)",
  ],
];

test(
  "a change of the schema that is killed after any statement goes on there",
  [],
  async (address) => {
    for (let statements = 1; statements < 4; statements++) {
      const database = `killed_${statements}`;
      await execute(address, `CREATE DATABASE ${database}`);
      const there = { ...address, database };
      const connection = await Connection.open(there, TIMEOUT_MS);
      const dying = [() => [...SLOW_STEPS[0]!().slice(0, statements), "KILL CONNECTION_ID()"]];
      await assertRejects(() => migrate(connection, database, dying), Error);
      connection.destroy();
      const next = await Connection.open(there, TIMEOUT_MS);
      try {
        // The server gives the dead one's lock back.
        await migrate(next, database, SLOW_STEPS);
        const [progress] = await next.rows(
          raw("SELECT version, statement FROM hubbub_schema"),
          TIMEOUT_MS,
        );
        assertEquals(progress, { version: 1, statement: 0 });
        const rows = await next.rows(raw("SELECT a FROM first"), TIMEOUT_MS);
        assertEquals(rows.length, 1);
        await next.rows(raw("SELECT a FROM third"), TIMEOUT_MS);
      } finally {
        await next.close();
      }
    }
  },
);
