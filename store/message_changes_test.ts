import { assertEquals } from "@std/assert";
import { EMOJIS_PER_MESSAGE_MAX, REACTIONS_PER_MESSAGE_MAX } from "./message_changes.ts";
import {
  act,
  ALICE,
  BOB,
  CAROL,
  contents,
  DAVE,
  done,
  group,
  item,
  log,
  outcome,
  person,
  promise,
  room,
  say,
} from "./suite.ts";

promise("an edit changes what history and since show, and is an event itself", async (store) => {
  const lobby = await room(store);
  await say(store, lobby, ALICE, "frist", 10);
  const edited = await done(store, lobby, ALICE, { type: "edit", target: 1, content: "first" }, 20);
  assertEquals(edited, {
    type: "edited",
    room: lobby.id,
    seq: 2,
    at: 20,
    from: "alice",
    target: 1,
    content: "first",
  });
  const [message, event] = await log(store, lobby);
  assertEquals(message?.type === "message" && [message.content, message.editedAt], ["first", 20]);
  assertEquals(event, edited);
  assertEquals(await contents(store.history(lobby.id, { limit: 5 })), ["first"]);
});

promise("a deletion leaves nothing of what the message ever said", async (store) => {
  const lobby = await room(store);
  await say(store, lobby, ALICE, "secret one");
  await done(store, lobby, ALICE, { type: "edit", target: 1, content: "secret two" });
  await done(store, lobby, BOB, { type: "react", target: 1, emoji: "😮", on: true });
  await done(store, lobby, ALICE, { type: "delete", target: 1 }, 50);
  const rows = await log(store, lobby);
  assertEquals(JSON.stringify(rows).includes("secret"), false);
  assertEquals(rows[0]?.type === "message" && [rows[0].deletedAt, rows[0].reactions], [
    50,
    undefined,
  ]);
  assertEquals(rows.map((row) => row.type), ["message", "edited", "reacted", "deleted"]);
});

promise("only undeleted messages of the room can be changed", async (store) => {
  const lobby = await room(store);
  const other = await room(store, { name: "other" });
  await say(store, other, ALICE, "a");
  await say(store, other, ALICE, "b");
  await say(store, lobby, ALICE, "c");
  await done(store, lobby, ALICE, { type: "react", target: 1, emoji: "x", on: true });
  await done(store, lobby, ALICE, { type: "delete", target: 1 });
  for (const target of [0, 1, 2, 99]) {
    const ops = [
      { type: "edit", target, content: "z" },
      { type: "delete", target },
      { type: "react", target, emoji: "y", on: true },
    ] as const;
    for (const op of ops) assertEquals(await outcome(store, lobby, ALICE, op), "no_such_message");
  }
});

promise("who may edit, delete and react follows the rules", async (store) => {
  const team = await group(store, ALICE, BOB, CAROL);
  await done(store, team, ALICE, { type: "role", user: BOB, role: "moderator" });
  const mine = (await say(store, team, CAROL, "carol's")).seq;
  const owners = (await say(store, team, ALICE, "alice's")).seq;
  const edit = (target: number) => ({ type: "edit", target, content: "changed" }) as const;
  const remove = (target: number) => ({ type: "delete", target }) as const;
  assertEquals(await outcome(store, team, BOB, edit(mine)), "forbidden");
  assertEquals(await outcome(store, team, CAROL, remove(owners)), "forbidden");
  assertEquals(await outcome(store, team, DAVE, edit(mine)), "not_member");
  assertEquals(await outcome(store, team, DAVE, edit(999)), "not_member");
  await done(store, team, BOB, { type: "mute", user: CAROL, untilMs: 2000 }, 1000);
  assertEquals(await outcome(store, team, CAROL, edit(mine), 1999), "muted");
  assertEquals(await outcome(store, team, CAROL, edit(mine), 2000), "written");
  assertEquals(await outcome(store, team, BOB, remove(mine)), "written");
  assertEquals(await outcome(store, team, BOB, remove(owners)), "written");
});

promise("a reaction that is there, or not there, writes nothing", async (store) => {
  const lobby = await room(store);
  await say(store, lobby, ALICE, "hello");
  const react = (on: boolean) => ({ type: "react", target: 1, emoji: "👍", on }) as const;
  assertEquals(await act(store, lobby, BOB, react(false)), { row: undefined, seq: 1 });
  assertEquals(await outcome(store, lobby, BOB, react(true)), "written");
  assertEquals(await act(store, lobby, BOB, react(true)), { row: undefined, seq: 2 });
  assertEquals(await outcome(store, lobby, BOB, react(false)), "written");
  const [row] = (await store.history(lobby.id, { limit: 1 })).rows;
  assertEquals(row?.reactions, undefined);
});

promise("a message takes a bounded number of emojis and of reactions", async (store) => {
  const lobby = await room(store);
  await say(store, lobby, ALICE, "hello");
  const react = (emoji: string) => ({ type: "react", target: 1, emoji, on: true }) as const;
  for (let i = 0; i < EMOJIS_PER_MESSAGE_MAX; i++) await done(store, lobby, ALICE, react(`e${i}`));
  assertEquals(await outcome(store, lobby, ALICE, react("one more")), "conflict");
  const crowd = Array.from(
    { length: REACTIONS_PER_MESSAGE_MAX - EMOJIS_PER_MESSAGE_MAX },
    (_, i) => item(lobby, person(`guest${i}`, true), react("e0")),
  );
  assertEquals((await store.append(crowd, 1)).every((r) => "row" in r && r.row), true);
  assertEquals(await outcome(store, lobby, BOB, react("e0")), "conflict");
});
