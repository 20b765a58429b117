import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { Database } from "./database.ts";
import { migrate, MIGRATIONS } from "./migrate.ts";
import { SqliteStore } from "./sqlite_store.ts";
import { DEFAULT_STRANGER_LIMIT, type Room, type Store, type UserRef } from "./store.ts";
import { ALICE, BOB, CAROL, group, item, outcome, promise, room, say, text } from "./suite.ts";

/** More than are noted at a time, in groups as a busy server writes them. */
async function chatter(store: Store, where: Room, people: readonly UserRef[]): Promise<UserRef[]> {
  const authors = Array.from({ length: 700 }, (_, i) => people[(i * i) % people.length] as UserRef);
  for (let at = 0; at < authors.length; at += 7) {
    const turn = authors.slice(at, at + 7);
    await store.append(turn.map((by) => item(where, by, text("hello"))), 1);
  }
  return authors;
}

promise("unread counts a busy room's messages right, wherever the mark is", async (store) => {
  const team = await group(store, ALICE, BOB, CAROL);
  const begun = (await store.room(team.id))?.seq ?? 0;
  const authors = await chatter(store, team, [ALICE, BOB, CAROL]);
  for (const mark of [0, 1, 100, 255, 256, 300, 511, 512, 600, 690, 700]) {
    await store.markRead(team.id, BOB, begun + mark);
    const [conversation] = await store.conversations(BOB.id);
    const others = authors.slice(mark).filter((by) => by !== BOB);
    assertEquals(conversation?.unread, others.length, `after message ${mark}`);
  }
  assertEquals(await store.check(false), []);
});

promise("an answer counts however long ago it was", async (store) => {
  const direct = await store.openDirect(ALICE, BOB, 1);
  const alice = () => outcome(store, direct, ALICE, text("hello"), 1000);
  await say(store, direct, BOB, "I answer once");
  for (let i = 0; i < 300; i++) assertEquals(await alice(), "written");
});

promise(
  "what was said to a stranger counts however much was said elsewhere since",
  async (store) => {
    const direct = await store.openDirect(ALICE, BOB, 1);
    for (let i = 0; i < 2; i++) await say(store, direct, ALICE, "anyone there?");
    const lobby = await room(store);
    await chatter(store, lobby, [ALICE, CAROL]);
    await say(store, direct, ALICE, "hello?");
    assertEquals(await outcome(store, direct, ALICE, text("hello??"), 1000), "stranger_limit");
    await chatter(store, lobby, [ALICE, CAROL]);
    assertEquals(await outcome(store, direct, ALICE, text("hello???"), 1000), "stranger_limit");
  },
);

Deno.test("a store of the first schema counts what was there before", async () => {
  const raw = new DatabaseSync(":memory:");
  migrate(raw, ":memory:", MIGRATIONS.slice(0, 1));
  raw.exec(`INSERT INTO users (no, id, name, guest, created_at, seen_at)
      VALUES (1, '${ALICE.id}', 'alice', 0, 1, 1), (2, '${BOB.id}', 'bob', 0, 1, 1);
    INSERT INTO rooms (id, name, canonical, kind, seq, messages, created_at)
      VALUES (1, 'lobby', 'lobby', 'public', 3, 3, 1);
    INSERT INTO people (room, user, role) VALUES (1, 2, 1);
    INSERT INTO messages (room, seq, ordinal, sender, at, content)
      VALUES (1, 1, 1, 1, 1, 'a'), (1, 2, 2, 2, 1, 'b'), (1, 3, 3, 1, 1, 'c');`);
  migrate(raw, ":memory:");
  const store = new SqliteStore(new Database(raw), "memory", {
    strangerLimit: DEFAULT_STRANGER_LIMIT,
  });
  try {
    assertEquals((await store.conversations(BOB.id)).map((c) => c.unread), [2]);
    assertEquals((await store.check(false)).map(({ what }) => what), []);
    raw.exec("DELETE FROM authors");
    assertEquals((await store.check(true)).map(({ repaired }) => repaired), [true]);
    assertEquals((await store.conversations(BOB.id)).map((c) => c.unread), [2]);
  } finally {
    await store.close();
  }
});
