import { assertEquals } from "@std/assert";
import { ALICE, BOB, done, promise, room, say } from "./suite.ts";
import type { Room, Store } from "./store.ts";

/** Ten messages at 10, 20 … 100, a reaction after each: messages have the odd numbers. */
async function filled(store: Store): Promise<Room> {
  const lobby = await room(store);
  for (let i = 1; i <= 10; i++) {
    const { seq } = await say(store, lobby, ALICE, `m${i}`, i * 10);
    await done(store, lobby, BOB, { type: "react", target: seq, emoji: "👍", on: true }, i * 10);
  }
  return lobby;
}

promise(
  "history pages through the messages alone, both ways, and says when there is more",
  async (store) => {
    const lobby = await filled(store);
    const page = async (query: Parameters<Store["history"]>[1]) => {
      const { rows, more } = await store.history(lobby.id, query);
      return [rows.map((row) => row.content).join(" "), more];
    };
    assertEquals(await page({ limit: 3 }), ["m8 m9 m10", true]);
    assertEquals(await page({ before: 15, limit: 3 }), ["m5 m6 m7", true]);
    assertEquals(await page({ before: 5, limit: 3 }), ["m1 m2", false]);
    assertEquals(await page({ before: 1, limit: 3 }), ["", false]);
    assertEquals(await page({ after: 0, limit: 3 }), ["m1 m2 m3", true]);
    assertEquals(await page({ after: 15, limit: 3 }), ["m9 m10", false]);
    assertEquals(await page({ after: 3, before: 11, limit: 9 }), ["m3 m4 m5", false]);
    assertEquals(await page({ limit: 10 }), ["m1 m2 m3 m4 m5 m6 m7 m8 m9 m10", false]);
  },
);

promise("history up to a time shows nothing newer", async (store) => {
  const lobby = await filled(store);
  const page = async (until: number, more = {}) =>
    (await store.history(lobby.id, { until, limit: 2, ...more })).rows.map((row) => row.content);
  assertEquals(await page(55), ["m4", "m5"]);
  assertEquals(await page(50), ["m4", "m5"]);
  assertEquals(await page(9), []);
  assertEquals(await page(1e12), ["m9", "m10"]);
  assertEquals(await page(55, { before: 7 }), ["m2", "m3"]);
  assertEquals(await page(25, { after: 0 }), ["m1", "m2"]);
});

promise("history up to a time holds although the clock was put back", async (store) => {
  const lobby = await room(store);
  for (const at of [100, 200, 3_600_300, 3_600_400, 500, 600]) {
    await say(store, lobby, ALICE, `${at}`, at);
  }
  for (const until of [150, 250, 550, 700, 3_600_350, 4_000_000]) {
    const { rows } = await store.history(lobby.id, { until, limit: 10 });
    assertEquals(rows.filter((row) => row.at > until), []);
    assertEquals(rows[0]?.at, 100);
  }
});

promise(
  "history shows who reacted, in order, and an emoji may be called __proto__",
  async (store) => {
    const lobby = await room(store);
    await say(store, lobby, ALICE, "hello");
    for (const [by, emoji] of [[BOB, "👍"], [ALICE, "👍"], [ALICE, "__proto__"]] as const) {
      await done(store, lobby, by, { type: "react", target: 1, emoji, on: true });
    }
    const [row] = (await store.history(lobby.id, { limit: 1 })).rows;
    assertEquals(Object.entries(row?.reactions ?? {}), [
      ["__proto__", ["alice"]],
      ["👍", ["bob", "alice"]],
    ]);
  },
);
