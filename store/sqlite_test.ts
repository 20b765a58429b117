import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Database } from "./database.ts";
import { migrate, MIGRATIONS } from "./migrate.ts";
import { connect, openSqlite } from "./sqlite.ts";
import { SqliteStore } from "./sqlite_store.ts";
import { DEFAULT_STRANGER_LIMIT, type Store, StoreError, type StoreFailure } from "./store.ts";
import { act, ALICE, inFolder, log, room, say, text } from "./suite.ts";

const open = (path: string) => openSqlite({ path, durability: "normal", searchBudgetMs: 60_000 });

function test(name: string, run: (path: string, folder: string) => Promise<void>): void {
  Deno.test(`sqlite: ${name}`, () => inFolder((folder) => run(join(folder, "chat.db"), folder)));
}

async function failure(run: () => Promise<unknown>): Promise<[StoreFailure, string]> {
  const error = await assertRejects(run, StoreError);
  return [error.failure, error.message];
}

test("what was written is there after opening again", async (_path, folder) => {
  const path = join(folder, "not", "made", "yet", "chat.db");
  const first = await open(path);
  assertEquals(
    ((await Deno.stat(join(path, ".."))).mode ?? 0) & 0o777,
    0o700,
    "for its owner alone",
  );
  for (const file of [path, `${path}-wal`]) {
    assertEquals(((await Deno.stat(file)).mode ?? 0) & 0o777, 0o600);
  }
  const lobby = await room(first);
  for (const content of ["one", "two"]) await say(first, lobby, ALICE, content);
  const before = await log(first, lobby);
  await first.index(1);
  await first.close();
  const second = await open(path);
  try {
    assertEquals(await log(second, lobby), before);
    assertEquals((await say(second, lobby, ALICE, "three")).seq, 3);
    const { rows } = await second.search({ query: "one", user: ALICE.id, limit: 5 });
    assertEquals(rows.map((row) => row.content), ["one"]);
    assertEquals(await second.check(false), []);
  } finally {
    await second.close();
  }
});

test("full durability syncs every commit before it is answered, normal does not", (path) => {
  for (const [durability, level] of [["full", 2], ["normal", 1]] as const) {
    const raw = connect({ path, durability });
    assertEquals(raw.prepare("PRAGMA synchronous").get()?.synchronous, level);
    assertEquals(raw.prepare("PRAGMA journal_mode").get()?.journal_mode, "wal");
    raw.close();
  }
  return Promise.resolve();
});

test("what cannot be opened is one line that says which file and why", async (path, folder) => {
  await Deno.writeTextFile(path, "this is no database ".repeat(500));
  const [corrupt, why] = await failure(() => open(path));
  assertEquals(corrupt, "corrupt");
  assertMatch(why, /chat\.db.*not a database/);

  const foreign = join(folder, "foreign.db");
  const other = new DatabaseSync(foreign);
  other.exec("CREATE TABLE photos (id INTEGER)");
  other.close();
  assertEquals((await failure(() => open(foreign)))[0], "corrupt");

  const newer = join(folder, "newer.db");
  await (await open(newer)).close();
  const raw = new DatabaseSync(newer);
  raw.exec("PRAGMA user_version = 999");
  raw.close();
  const [failed, message] = await failure(() => open(newer));
  assertEquals(failed, "newer");
  assertMatch(message, /newer\.db.*999/);

  for (const unwritable of [folder, join(path, "below", "a", "file.db"), "/proc/none/chat.db"]) {
    const [failed, message] = await failure(() => open(unwritable));
    assertEquals([failed, message.includes("\n")], ["unwritable", false]);
  }
});

test("another process's lock fails a write at once and stops no read", async (path) => {
  const store = await open(path);
  const other = new DatabaseSync(path);
  try {
    const lobby = await room(store);
    await say(store, lobby, ALICE, "before");
    other.exec("BEGIN IMMEDIATE");
    const times: number[] = [];
    for (let round = 0; round < 3; round++) {
      const startedMs = performance.now();
      assertEquals((await failure(() => act(store, lobby, ALICE, text("x"))))[0], "locked");
      assertEquals((await failure(() => store.probe()))[0], "locked");
      times.push(performance.now() - startedMs);
    }
    // The best of three: other programs use this machine, too.
    assert(Math.min(...times) < 500, `waited for the lock for ${times} ms`);
    assertEquals((await log(store, lobby)).length, 1);
    assertEquals(await store.check(false), []);
    other.exec("ROLLBACK");
    assertEquals((await say(store, lobby, ALICE, "after")).seq, 2);
    await store.probe();
  } finally {
    other.close();
    await store.close();
  }
});

test("a full disk acknowledges nothing, lets everyone read, and is got over", async (path) => {
  const raw = connect({ path, durability: "normal" });
  const store: Store = new SqliteStore(new Database(raw), "sqlite", {
    strangerLimit: DEFAULT_STRANGER_LIMIT,
  });
  try {
    const lobby = await room(store);
    await say(store, lobby, ALICE, "kept");
    raw.exec("PRAGMA max_page_count = 60");
    const write = () =>
      store.append(
        Array.from(
          { length: 100 },
          () => ({ room: lobby.id, by: ALICE, op: text("x".repeat(2000)) }),
        ),
        1,
      );
    assertEquals((await failure(write))[0], "full");
    assertEquals((await log(store, lobby)).length, 1);
    raw.exec("PRAGMA max_page_count = 100000");
    assertEquals((await write()).length, 100);
    assertEquals((await store.room(lobby.id))?.seq, 101);
    assertEquals(await store.check(false), []);
  } finally {
    await store.close();
  }
});

test("a damaged page is found and named", async (path) => {
  const store = await open(path);
  const lobby = await room(store);
  for (let i = 0; i < 300; i++) await say(store, lobby, ALICE, "x".repeat(200));
  await store.close();
  const bytes = await Deno.readFile(path);
  bytes.fill(0xff, 4096);
  await Deno.writeFile(path, bytes);
  const [failed] = await failure(async () => {
    const damaged = await open(path);
    try {
      await log(damaged, lobby);
    } finally {
      await damaged.close();
    }
  });
  assertEquals(failed, "corrupt");
});

test("a torn end of the write-ahead log costs only what was torn", async (path, folder) => {
  const store = await open(path);
  const lobby = await room(store);
  for (let i = 1; i <= 20; i++) await say(store, lobby, ALICE, `message ${i}`);
  const copy = join(folder, "copy.db");
  await Deno.copyFile(path, copy);
  const wal = await Deno.readFile(`${path}-wal`);
  await Deno.writeFile(`${copy}-wal`, wal.subarray(0, wal.length - 5000));
  await store.close();
  const torn = await open(copy);
  try {
    const rows = await log(torn, lobby);
    assert(rows.length >= 15 && rows.length < 20, `${rows.length} rows are left`);
    assertEquals(rows.map((row) => row.seq), rows.map((_, i) => i + 1));
    assertEquals(await torn.check(false), []);
  } finally {
    await torn.close();
  }
});

test("a migration that fails half-way leaves nothing, and the next start resumes", async (path) => {
  const raw = new DatabaseSync(path);
  const second = "CREATE TABLE extra (a INTEGER); INSERT INTO extra VALUES (7);";
  try {
    await assertRejects(
      () =>
        Promise.resolve().then(() => migrate(raw, path, [...MIGRATIONS, `${second} SELECT bad;`])),
    );
    const version = () => Object.values(raw.prepare("PRAGMA user_version").get() ?? {})[0];
    const tables = () =>
      raw.prepare("SELECT name FROM sqlite_schema WHERE name IN ('extra', 'messages')").all()
        .length;
    assertEquals([version(), tables()], [MIGRATIONS.length, 1]);
    migrate(raw, path, [...MIGRATIONS, second]);
    migrate(raw, path, [...MIGRATIONS, second]);
    assertEquals([version(), tables()], [MIGRATIONS.length + 1, 2]);
    assertEquals(raw.prepare("SELECT count(*) AS n FROM extra").get()?.n, 1);
  } finally {
    raw.close();
  }
});

test("a backup taken between writes is a whole store of its own", async (path, folder) => {
  const store = await open(path);
  const copy = join(folder, "copy.db");
  try {
    const lobby = await room(store);
    for (let i = 0; i < 50; i++) await say(store, lobby, ALICE, "before");
    const backing = store.backup(copy);
    for (let i = 0; i < 50; i++) await say(store, lobby, ALICE, "meanwhile");
    await backing;
    assertEquals(
      (await failure(() => store.backup(join(folder, "no", "such", "folder"))))[0],
      "unwritable",
    );
    const restored = await open(copy);
    try {
      // A database, too, which SQLite would write over.
      for (const there of [copy, path, folder]) {
        const [kind, text] = await failure(() => store.backup(there));
        assertEquals(kind, "unwritable");
        assertStringIncludes(text, there);
      }
      assertEquals(((await Deno.stat(copy)).mode ?? 0) & 0o777, 0o600);
      const rows = await log(restored, lobby);
      assert(rows.length >= 50, `${rows.length} rows are in the copy`);
      assertEquals(rows.map((row) => row.seq), rows.map((_, i) => i + 1));
      assertEquals(await restored.check(false), []);
    } finally {
      await restored.close();
    }
  } finally {
    await store.close();
  }
});

test("after close everything fails, and closing twice does not", async (path) => {
  const store = await open(path);
  await store.close();
  await store.close();
  assertEquals((await failure(() => store.room(1)))[0], "other");
});
