import { assertEquals, assertNotEquals } from "@std/assert";
import {
  ALICE,
  BOB,
  CAROL,
  contents,
  DAVE,
  done,
  group,
  item,
  promise,
  room,
  say,
  text,
} from "./suite.ts";
import type { Room, Search, Store, UserRef } from "./store.ts";

/** Every promise holds before, in the middle of and after indexing. */
function everyStage(
  name: string,
  run: (store: Store, index: () => Promise<void>) => Promise<void>,
) {
  const indexing = {
    "not indexed": () => Promise.resolve(),
    "half indexed": async (store: Store) => void await store.index(3),
    "indexed": async (store: Store) => {
      while (await store.index(2));
    },
  };
  for (const [stage, index] of Object.entries(indexing)) {
    promise(`${name} (${stage})`, (store) => run(store, () => index(store)));
  }
}

function find(store: Store, query: string, by: UserRef = ALICE, more: Partial<Search> = {}) {
  return contents(store.search({ query, user: by.id, limit: 10, ...more }));
}

everyStage("any part of a text is found, newest first, in any case", async (store, index) => {
  const lobby = await room(store);
  for (
    const content of ["Good morning", "你好，世界", "Привет, мир", "GOOD NIGHT 👩‍👩‍👧 x", '100% "sure"']
  ) {
    await say(store, lobby, BOB, content);
  }
  await index();
  assertEquals(await find(store, "good"), ["GOOD NIGHT 👩‍👩‍👧 x", "Good morning"]);
  assertEquals(await find(store, "d mor"), ["Good morning"]);
  for (const query of ["好，世", "世界", "界"]) {
    assertEquals(await find(store, query), ["你好，世界"]);
  }
  for (const query of ["привет", "ПРИВЕТ", "ми"]) {
    assertEquals(await find(store, query), ["Привет, мир"]);
  }
  assertEquals(await find(store, "👩‍👩‍👧"), ["GOOD NIGHT 👩‍👩‍👧 x"]);
  assertEquals(await find(store, "nothing of the kind"), []);
});

everyStage("a query is text: no character of it means anything", async (store, index) => {
  const lobby = await room(store);
  const texts = ['say "hi" OR not', "100% sure", "a_b\\c", "NEAR(x, y)*", "col:umn^2 -minus"];
  for (const content of texts) await say(store, lobby, BOB, content);
  await index();
  for (const content of texts) assertEquals(await find(store, content), [content]);
  for (const query of ["%", "_", "\\"]) assertEquals((await find(store, query)).length, 1);
  for (const query of ["***", '"""', "a AND b", "content:x", "{room}:x", "%%%", "(((", "<1>"]) {
    assertEquals(await find(store, query), []);
  }
});

everyStage("only what the searcher may read is found", async (store, index) => {
  const lobby = await room(store, { owner: ALICE });
  const team = await group(store, ALICE, BOB);
  const direct = await store.openDirect(ALICE, CAROL, 1);
  const gone = await room(store, { name: "gone", owner: ALICE });
  for (const [where, content] of [[lobby, "word public"], [team, "word group"]] as const) {
    await say(store, where, ALICE, content);
  }
  await say(store, direct, ALICE, "word direct");
  await say(store, gone, ALICE, "word gone");
  await done(store, gone, ALICE, { type: "dissolve" });
  await done(store, lobby, ALICE, { type: "ban", user: DAVE });
  await index();
  assertEquals(await find(store, "word", ALICE), ["word direct", "word group", "word public"]);
  assertEquals(await find(store, "word", BOB), ["word group", "word public"]);
  assertEquals(await find(store, "word", CAROL), ["word direct", "word public"]);
  assertEquals(await find(store, "wo", CAROL), ["word direct", "word public"]);
  assertEquals(await find(store, "word", DAVE), []);
  assertEquals(await find(store, "word", BOB, { room: direct.id }), []);
  assertEquals(await find(store, "wo", BOB, { room: direct.id }), []);
  assertEquals(await find(store, "word", ALICE, { room: team.id }), ["word group"]);
  const { rows } = await store.search({ query: "word direct", user: CAROL.id, limit: 1 });
  assertEquals(rows[0]?.roomName, "@alice");
});

everyStage(
  "a deleted message is not found, an edited one by its new text only",
  async (store, index) => {
    const lobby = await room(store);
    for (let i = 1; i <= 4; i++) await say(store, lobby, ALICE, `old text ${i}`);
    await done(store, lobby, ALICE, { type: "delete", target: 1 });
    await index();
    await done(store, lobby, ALICE, { type: "delete", target: 2 });
    await done(store, lobby, ALICE, { type: "edit", target: 3, content: "new words" });
    await done(store, lobby, ALICE, { type: "edit", target: 3, content: "newest words" });
    await done(store, lobby, ALICE, { type: "react", target: 3, emoji: "👍", on: true });
    assertEquals(await find(store, "old text"), ["old text 4"]);
    assertEquals(await find(store, "ol"), ["old text 4"]);
    const { rows } = await store.search({ query: "words", user: BOB.id, limit: 5 });
    assertEquals(rows.map((row) => [row.content, row.reactions]), [["newest words", {
      "👍": ["alice"],
    }]]);
    assertEquals(await store.check(false), []);
  },
);

everyStage("pages of results meet without a gap or a double", async (store, index) => {
  const lobby = await room(store);
  const team = await group(store, ALICE);
  for (let i = 1; i <= 11; i++) await say(store, i % 3 ? lobby : team, ALICE, `needle ${i}`);
  await index();
  const walk = async (query: string, where?: Room) => {
    const found: string[] = [];
    for (let before: number | undefined, more = true; more;) {
      const page = await store.search({ query, user: ALICE.id, limit: 2, room: where?.id, before });
      found.push(...page.rows.map((row) => row.content.slice(7)));
      before = page.next;
      more = page.more;
    }
    return found.join(" ");
  };
  for (const query of ["needle", "ne"]) {
    assertEquals(await walk(query), "11 10 9 8 7 6 5 4 3 2 1");
    assertEquals(await walk(query, team), "9 6 3");
    assertEquals(await walk(query, lobby), "11 10 8 7 5 4 2 1");
  }
});

promise("the place to go on may be a message of another room", async (store) => {
  const lobby = await room(store);
  const other = await room(store, { name: "other" });
  for (let i = 1; i <= 6; i++) await say(store, i % 2 ? lobby : other, ALICE, `needle ${i}`);
  for (const query of ["needle", "ne"]) {
    const found = await find(store, query, ALICE, { room: lobby.id, before: 4 });
    assertEquals(found, ["needle 3", "needle 1"]);
  }
});

promise("index answers whether something is left", async (store) => {
  const lobby = await room(store);
  assertEquals(await store.index(10), false);
  for (let i = 0; i < 5; i++) await say(store, lobby, ALICE, "hello");
  const left = [];
  for (let i = 0; i < 3; i++) left.push(await store.index(2));
  assertEquals(left, [true, true, false]);
  assertEquals(await store.index(2), false);
});

promise("a search out of time says where to go on, and gets there", async (store) => {
  const lobby = await room(store);
  const hidden = await group(store, BOB);
  await say(store, lobby, BOB, "the needle, at the very beginning");
  const hay = (i: number) => i % 500 ? "hay" : "a needle that ALICE may not read";
  const batch = Array.from({ length: 5000 }, (_, i) => item(hidden, BOB, text(hay(i))));
  await store.append(batch, 1);
  while (await store.index(1000));
  for (const query of ["needle", "ne"]) {
    const first = await store.search({ query, user: ALICE.id, limit: 5 });
    assertEquals([first.rows, first.more], [[], true]);
    assertNotEquals(first.next, undefined);
    let page = first;
    let calls = 1;
    for (; page.more && page.rows.length === 0; calls++) {
      page = await store.search({ query, user: ALICE.id, limit: 5, before: page.next });
    }
    assertEquals(page.rows.map((row) => row.seq), [1], query);
    assertEquals(calls > 2, true, `${query} took ${calls} calls`);
  }
}, { searchBudgetMs: 0 });

promise(
  "a search out of time gets past a room's many events that are no messages",
  async (store) => {
    const lobby = await room(store);
    for (const content of ["needle", "hay"]) {
      await say(store, lobby, BOB, content);
      const react = (i: number) =>
        ({ type: "react", target: 1, emoji: "x", on: i % 2 === 0 }) as const;
      await store.append(Array.from({ length: 400 }, (_, i) => item(lobby, BOB, react(i))), 1);
    }
    for (const query of ["needle", "ne"]) {
      let calls = 0;
      let page: Awaited<ReturnType<Store["search"]>> | undefined;
      do {
        const before = page?.next;
        page = await store.search({ query, user: ALICE.id, limit: 5, room: lobby.id, before });
        calls++;
      } while (page.more && page.rows.length === 0 && calls < 20);
      assertEquals(page.rows.map((row) => row.seq), [1], `${query} after ${calls} calls`);
    }
  },
  { searchBudgetMs: 0 },
);
