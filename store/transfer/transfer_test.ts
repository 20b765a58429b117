import { assert, assertEquals, assertRejects } from "@std/assert";
import { openSqlite } from "../sqlite.ts";
import { StoreError } from "../store.ts";
import type { Target } from "./ends.ts";
import { AWKWARD_TEXTS, dump, makeLivedIn } from "./fake_store.ts";
import { dying, edit, move, over, test } from "./fake_transfer.ts";
import { TABLES } from "./tables.ts";

test("all rows are the same, byte by byte, and nothing is wrong with them", async (from, to) => {
  await makeLivedIn(from);
  const { rows, outdated } = await move(from, to);
  const before = dump(from);
  assertEquals(dump(to), before);
  assertEquals([rows, outdated], [Object.values(before).flat().length, 0]);
  for (const { name } of TABLES) assert((before[name]?.length ?? 0) > 0, `${name} has nothing`);
  const store = await openSqlite({ path: to, durability: "normal", searchBudgetMs: 60_000 });
  try {
    assertEquals(await store.check(false), []);
    assertEquals(await store.index(1), false, "the search index lacks something");
    const user = (await store.userByName("alice"))?.id ?? "";
    const { rows } = await store.search({ query: AWKWARD_TEXTS[6] ?? "", user, limit: 99 });
    assertEquals(rows.length, 4);
  } finally {
    await store.close();
  }
});

test("what dies at any page goes on there, and the result is the same", async (from, to) => {
  await makeLivedIn(from, 3_000);
  let deaths = 0;
  for (;; deaths++) {
    try {
      assertEquals((await move(from, to, dying(1))).outdated, 0);
      break;
    } catch (error) {
      assertEquals((error as Error).message, "dies here");
    }
    const unfinished = await assertRejects(
      () => openSqlite({ path: to, durability: "normal" }),
      StoreError,
    );
    assertEquals(unfinished.failure, "unfinished");
  }
  assertEquals(dump(to), dump(from));
  // One page a run: each run began where the one before it had died.
  assertEquals(deaths, 11);
});

test("a source that changed after the first run is moved as it is now", async (from, to) => {
  await makeLivedIn(from, 3_000);
  await assertRejects(() => move(from, to, dying(5)), Error, "dies here");
  // Names change hands, rows change, go and come among those that were moved.
  edit(
    from,
    `UPDATE users SET canonical = NULL WHERE name = 'bob';
     UPDATE users SET canonical = 'bob' WHERE name = 'carol';
     UPDATE messages SET content = 'edited', key = NULL WHERE id IN (10, 2000);
     UPDATE messages SET key = 'taken' WHERE id = 12;
     DELETE FROM messages WHERE id IN (20, 21);
     INSERT INTO users (no, id, name, guest, created_at, seen_at) VALUES (-1, 'first', 'F', 1, 1, 1);
     DELETE FROM users WHERE no = 8;`,
  );
  const { outdated } = await move(from, to);
  assert(outdated >= 7, `${outdated} rows were outdated`);
  assertEquals(dump(to), dump(from));
});

test("an index that an earlier run made does not outlive a row that changed", async (from, to) => {
  await makeLivedIn(from);
  const late = (target: Target) =>
    over(target, {
      async index() {
        while (await target.index() > 0);
        throw new Error("dies late");
      },
    });
  await assertRejects(() => move(from, to, late), Error, "dies late");
  edit(from, "UPDATE messages SET content = 'something else' WHERE id = 1");
  await move(from, to);
  const store = await openSqlite({ path: to, durability: "normal", searchBudgetMs: 60_000 });
  try {
    assertEquals(await store.check(false), []);
  } finally {
    await store.close();
  }
});

test(
  "a source that is written to meanwhile is moved as it was when it was opened",
  async (from, to) => {
    await makeLivedIn(from);
    const before = dump(from);
    const writing = (target: Target) =>
      over(target, {
        add(table, rows) {
          edit(from, `UPDATE messages SET content = content || '!'; DELETE FROM sessions`);
          return target.add(table, rows);
        },
      });
    await move(from, to, writing);
    assertEquals(dump(to), before);
  },
);
