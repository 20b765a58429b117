import { assertEquals } from "@std/assert";
import { ALICE, BOB, DAVE, done, item, outcome, promise, say, text } from "./suite.ts";

const DAY = 24 * 3600 * 1000;

promise("a stranger may write three messages until they are answered", async (store) => {
  const direct = await store.openDirect(ALICE, BOB, 1);
  const results = await store.append(
    ["1", "2", "3", "4"].map((n) => item(direct, ALICE, text(n))),
    9,
  );
  assertEquals(results.map((r) => "refused" in r ? r.refused : r.row?.seq), [
    1,
    2,
    3,
    "stranger_limit",
  ]);
  await say(store, direct, BOB, "who are you?", 10);
  for (let i = 0; i < 9; i++) await say(store, direct, ALICE, "a friend", 11);
});

promise("deleting what was not answered gives no new tries", async (store) => {
  const direct = await store.openDirect(ALICE, BOB, 1);
  for (let i = 1; i <= 3; i++) await say(store, direct, ALICE, "hello");
  for (let i = 1; i <= 3; i++) await done(store, direct, ALICE, { type: "delete", target: i });
  assertEquals(await outcome(store, direct, ALICE, text("hello")), "stranger_limit");
});

promise("the stranger limit forgets after 90 days: tries and answers", async (store) => {
  const direct = await store.openDirect(ALICE, BOB, 1);
  for (const day of [0, 1, 2]) await say(store, direct, ALICE, "hello", day * DAY);
  assertEquals(await outcome(store, direct, ALICE, text("?"), 89 * DAY), "stranger_limit");
  await say(store, direct, ALICE, "again", 90 * DAY);
  assertEquals(await outcome(store, direct, ALICE, text("?"), 90 * DAY), "stranger_limit");
  await say(store, direct, BOB, "yes?", 91 * DAY);
  for (let i = 0; i < 5; i++) await say(store, direct, ALICE, "hello", 180 * DAY);
  assertEquals(await outcome(store, direct, ALICE, text("?"), 182 * DAY), "stranger_limit");
});

promise("the stranger limit can be set and turned off", async (store) => {
  const direct = await store.openDirect(ALICE, BOB, 1);
  for (let i = 0; i < 20; i++) await say(store, direct, ALICE, "hello");
}, { strangerLimit: { messages: 0, forgetMs: 90 * DAY } });

promise("with a limit of one the second message waits for an answer", async (store) => {
  const direct = await store.openDirect(ALICE, BOB, 1);
  await say(store, direct, ALICE, "hello");
  assertEquals(await outcome(store, direct, ALICE, text("hello?")), "stranger_limit");
}, { strangerLimit: { messages: 1, forgetMs: 90 * DAY } });

promise("who is blocked reaches the other by nothing, until unblocked", async (store) => {
  const direct = await store.openDirect(ALICE, BOB, 1);
  await say(store, direct, ALICE, "hello");
  await say(store, direct, BOB, "hello");
  await store.setBlocked(BOB, ALICE, true, 2);
  await store.setBlocked(BOB, ALICE, true, 3);
  const react = { type: "react", target: 2, emoji: "x", on: true } as const;
  const edit = { type: "edit", target: 1, content: "changed" } as const;
  for (const op of [text("why?"), react, edit]) {
    assertEquals(await outcome(store, direct, ALICE, op), "blocked");
  }
  assertEquals(await outcome(store, direct, ALICE, { type: "delete", target: 1 }), "written");
  assertEquals(await outcome(store, direct, BOB, text("you know why")), "written");
  await store.setBlocked(BOB, ALICE, false, 4);
  assertEquals(await outcome(store, direct, ALICE, text("thanks")), "written");
});

promise("a direct room is for its two, and for nobody when one is gone", async (store) => {
  const direct = await store.openDirect(ALICE, BOB, 1);
  assertEquals(await outcome(store, direct, DAVE, text("me too")), "not_member");
  await store.deleteUser(BOB.id, 5);
  assertEquals(await outcome(store, direct, ALICE, text("still there?")), "no_such_user");
});
