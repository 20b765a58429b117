import { assertEquals, assertRejects } from "@std/assert";
import {
  act,
  ALICE,
  BOB,
  done,
  group,
  item,
  log,
  outcome,
  promise,
  room,
  say,
  text,
} from "./suite.ts";
import { StoreError } from "./store.ts";

promise("a room's events are numbered from 1 without holes, whatever is refused", async (store) => {
  const lobby = await room(store);
  const team = await group(store, ALICE, BOB);
  const results = await store.append([
    item(lobby, ALICE, text("one")),
    item(team, ALICE, text("elsewhere")),
    item(lobby, ALICE, { type: "edit", target: 9, content: "nothing there" }),
    item(lobby, BOB, text("two", { reply: 1 })),
    item(lobby, BOB, text("to nobody", { reply: 77 })),
    item({ ...lobby, id: 999 }, BOB, text("to nowhere")),
    item(lobby, BOB, { type: "react", target: 1, emoji: "👍", on: true }),
    item(lobby, ALICE, text("three")),
  ], 5000);
  assertEquals(results.map((r) => "refused" in r ? r.refused : r.row?.seq), [
    1,
    3,
    "no_such_message",
    2,
    "no_such_message",
    "no_such_room",
    3,
    4,
  ]);
  assertEquals((await log(store, lobby)).map((row) => row.seq), [1, 2, 3, 4]);
  assertEquals((await store.room(lobby.id))?.seq, 4);
});

promise("what append answers is what since replays", async (store) => {
  const team = await group(store, ALICE, BOB);
  const results = await store.append([
    item(team, BOB, text("hello", { key: "k1" })),
    item(team, ALICE, text("hi", { reply: 3 })),
    item(team, ALICE, { type: "set", title: "The team", icon: "🦊" }),
    item(team, ALICE, { type: "mute", user: BOB, untilMs: 9000 }),
    item(team, ALICE, { type: "role", user: BOB, role: "moderator" }),
    item(team, ALICE, { type: "delete", target: 4 }),
    item(team, ALICE, { type: "kick", user: BOB, reason: "enough" }),
  ], 5000);
  const rows = results.map((r) => "row" in r ? r.row : undefined);
  const replayed = (await log(store, team)).slice(2);
  assertEquals(replayed.filter((row) => row.seq !== 4), rows.filter((row) => row?.seq !== 4));
  assertEquals(replayed[1], {
    type: "message",
    room: team.id,
    seq: 4,
    at: 5000,
    from: "alice",
    fromId: ALICE.id,
    content: "",
    reply: 3,
    deletedAt: 5000,
  });
});

promise("the same key gives the first row again, in the same batch and for ever", async (store) => {
  const lobby = await room(store);
  const again = text("once", { key: "k" });
  const [first, second] = await store.append(
    [item(lobby, ALICE, again), item(lobby, ALICE, again)],
    1,
  );
  const later = await act(store, lobby, ALICE, text("other words", { key: "k" }), 99);
  assertEquals([first, second, later].map((r) => r && "duplicate" in r && r.duplicate), [
    false,
    true,
    true,
  ]);
  assertEquals([first, second, later].map((r) => r && "row" in r && r.row?.seq), [1, 1, 1]);
  assertEquals(later, second);
  assertEquals(await outcome(store, lobby, BOB, again), "written");
  assertEquals((await log(store, lobby)).map((row) => row.seq), [1, 2]);
});

promise("a key used in one room is refused in another", async (store) => {
  const lobby = await room(store);
  const other = await room(store, { name: "other" });
  await done(store, lobby, ALICE, text("here", { key: "k" }));
  assertEquals(await outcome(store, other, ALICE, text("there", { key: "k" })), "conflict");
  assertEquals((await store.room(other.id))?.seq, 0);
});

promise("a retry is answered although it would be refused by now", async (store) => {
  const direct = await store.openDirect(ALICE, BOB, 1);
  await done(store, direct, ALICE, text("hello", { key: "k" }));
  await store.setBlocked(BOB, ALICE, true, 2);
  assertEquals(await outcome(store, direct, ALICE, text("hello", { key: "k" })), "written");
  assertEquals(await outcome(store, direct, ALICE, text("hello", { key: "new" })), "blocked");
});

promise("since answers the newest events after a number, up to another", async (store) => {
  const lobby = await room(store);
  for (let i = 1; i <= 10; i++) {
    await say(store, lobby, ALICE, `m${i}`);
    if (i === 5) await done(store, lobby, BOB, { type: "react", target: 5, emoji: "x", on: true });
  }
  const seqs = async (...range: [number, number, number]) =>
    (await store.since(lobby.id, ...range)).map((row) => row.seq);
  assertEquals(await seqs(3, 8, 100), [4, 5, 6, 7, 8]);
  assertEquals(await seqs(3, 8, 2), [7, 8]);
  assertEquals(await seqs(0, 999, 3), [9, 10, 11]);
  assertEquals(await seqs(11, 999, 3), []);
  assertEquals(await seqs(50, 999, 3), []);
});

promise("texts come back as they were given, and what cannot is refused", async (store) => {
  const lobby = await room(store);
  const texts = [
    "👩‍👩‍👧‍👦 🇩🇪",
    "你好，世界",
    "a'b\"c\\d%e_f",
    "\u202eabc\ufeff",
    "é e\u0301",
    "\u{10FFFF}",
  ];
  for (const content of texts) {
    assertEquals((await say(store, lobby, ALICE, content)).seq > 0, true);
  }
  const rows = await log(store, lobby);
  assertEquals(rows.map((row) => row.type === "message" ? row.content : row.type), texts);
  for (const content of ["cut\0off", "half \ud800 pair"]) {
    assertEquals(await outcome(store, lobby, ALICE, text(content)), "bad_command");
    const edit = { type: "edit", target: 1, content } as const;
    assertEquals(await outcome(store, lobby, ALICE, edit), "bad_command");
  }
  assertEquals((await store.room(lobby.id))?.seq, texts.length);
});

promise("an unexpected failure undoes the whole group", async (store) => {
  const lobby = await room(store);
  const broken = { type: "message", content: "x", key: {} as unknown as string } as const;
  const batch = [item(lobby, ALICE, text("first")), item(lobby, BOB, broken)];
  await assertRejects(() => store.append(batch, 1), StoreError);
  assertEquals((await store.room(lobby.id))?.seq, 0);
  assertEquals(await store.userById(ALICE.id), undefined);
  assertEquals((await say(store, lobby, ALICE, "again")).seq, 1);
  assertEquals((await store.userById(ALICE.id))?.name, "alice");
});

promise("names in the log are those of now", async (store) => {
  const lobby = await room(store);
  const guest = { ...BOB, name: "bobby", guest: true };
  await say(store, lobby, guest, "hello");
  await store.createAccount(BOB, "bob", "hash", 2);
  assertEquals((await log(store, lobby)).map((row) => row.from), ["bob"]);
});

promise("heads says where logs end, of those rooms that exist", async (store) => {
  const [lobby, den] = [await room(store), await room(store, { name: "den" })];
  await say(store, lobby, ALICE, "x");
  await say(store, lobby, BOB, "y");
  const missing = lobby.id + den.id;
  assertEquals(
    await store.heads([den.id, missing, lobby.id]),
    new Map([[den.id, den.seq], [lobby.id, 2]]),
  );
  assertEquals(await store.heads([]), new Map());
  const many = Array.from({ length: 10_000 }, (_, index) => index + 1);
  assertEquals((await store.heads(many)).get(lobby.id), 2);
});
