import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openSqlite } from "../sqlite.ts";
import { StoreError } from "../store.ts";
import { dump, makeLivedIn } from "./fake_store.ts";
import { dying, edit, move, refused, test } from "./fake_transfer.ts";
import { openSqliteSource } from "./sqlite_source.ts";
import { sqliteTargetAt } from "./sqlite_target.ts";
import { TABLES } from "./tables.ts";

test(
  "only an empty target, or one that was being filled from there, is taken",
  async (from, to) => {
    await makeLivedIn(from);
    // One that a server made and nobody used is empty.
    const unused = await openSqlite({ path: to, durability: "normal" });
    await unused.probe();
    await unused.close();
    const other = join(dirname(from), "other.db");
    await makeLivedIn(other);
    await assertRejects(() => move(from, to, dying(2)), Error, "dies here");
    assertStringIncludes(await refused("other_source", () => move(other, to)), from);
    await move(from, to);
    const before = await Deno.readFile(to);
    await refused("target_used", () => move(from, to));
    assertEquals(await Deno.readFile(to), before, "it changed a store that it refused");
  },
);

test("while it is filled nobody else opens the target", async (from, to) => {
  await makeLivedIn(from);
  const source = await openSqliteSource(from);
  const target = await sqliteTargetAt(to).take(source.name);
  try {
    const other = new DatabaseSync(to);
    try {
      other.prepare("SELECT 1 FROM users").get();
      throw new Error("it was opened");
    } catch (error) {
      assertStringIncludes(String(error), "locked");
    } finally {
      other.close();
    }
  } finally {
    await target.close();
    await source.close();
  }
});

for (
  const [what, text] of [["U+0000", "'a' || char(0) || 'b'"], ["bytes", "CAST(x'ff41' AS TEXT)"]]
) {
  test(`a text that would come out otherwise is refused by name: ${what}`, async (from, to) => {
    await makeLivedIn(from);
    edit(from, `UPDATE rooms SET topic = ${text} WHERE id = 2`);
    assertStringIncludes(await refused("unmovable", () => move(from, to)), "rooms, id 2 has");
  });
}

test("a source must be there, whole and of this version", async (from, to) => {
  assertStringIncludes(await refused("source", () => move(from, to)), `no database at ${from}`);
  await makeLivedIn(from);
  await assertRejects(() => move(from, to, dying(2)));
  const error = await assertRejects(() => openSqliteSource(to), StoreError);
  assertEquals(error.failure, "unfinished");
  edit(from, "PRAGMA user_version = 0");
  assertStringIncludes(await refused("source", () => openSqliteSource(from)), "schema 0");
});

test("every table and column of the schema is moved, or is known to be derived", async (from) => {
  await makeLivedIn(from);
  using raw = new DatabaseSync(from, { readOnly: true });
  const schema = raw.prepare(
    `SELECT t.name, c.name AS column, c.type FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
     WHERE t.type = 'table' AND t.name NOT GLOB 'search_*' AND t.name <> 'authors' ORDER BY t.name, c.cid`,
  ).all().map(({ name, column, type }) => `${name}.${column} ${String(type).toLowerCase()}`);
  const listed = TABLES.toSorted((a, b) => a.name < b.name ? -1 : 1).flatMap(({ name, columns }) =>
    columns.map((column) => `${name}.${column.name} ${column.kind}`)
  );
  assertEquals(listed, schema);
});

test("a target whose maker was killed in its first transaction is taken", async (from, to) => {
  await makeLivedIn(from);
  await Deno.mkdir(dirname(to));
  // A copy of a database and its journal in the middle of a transaction is what a death leaves.
  const half = join(dirname(from), "half.db");
  using raw = new DatabaseSync(half);
  raw.exec(
    "CREATE TABLE gone (text); DROP TABLE gone; PRAGMA cache_size = 1; PRAGMA cache_spill = 1",
  );
  raw.exec("BEGIN; CREATE TABLE half (text)");
  const insert = raw.prepare("INSERT INTO half VALUES (?)");
  for (let i = 0; i < 500; i++) insert.run("x".repeat(1_000));
  for (const suffix of ["", "-journal"]) await Deno.copyFile(half + suffix, to + suffix);
  await move(from, to);
  assertEquals(dump(to), dump(from));
});
