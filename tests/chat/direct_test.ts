import { assertEquals, assertObjectMatch } from "@std/assert";
import { GRACE_MS } from "../../actors/switchboard_options.ts";
import { fine, outcome } from "./cast.ts";
import { Client, type Said } from "./chat_client.ts";
import { startChat } from "./chat_server.ts";
import { HeldClock } from "./held_clock.ts";

Deno.test("a direct message reaches every session of both, by the other's name, without a join", async () => {
  await using chat = await startChat();
  await using alice = await Client.connect(chat, "Alice");
  await using bob = await Client.connect(chat, "Bob");
  await using phone = await Client.connect(chat, { token: bob.welcome.token });
  await using carol = await Client.connect(chat, "Carol");
  const sent = await alice.say("@bob", "hello");
  assertObjectMatch(sent, { type: "sent", room: "@Bob", seq: 1, online: true });
  const message = { type: "message", seq: 1, from: "Alice", content: "hello", at: sent.at };
  for (const device of [bob, phone]) {
    assertEquals(await device.next("message"), { ...message, room: "@Alice" });
  }
  assertEquals(await alice.next("message"), { ...message, room: "@Bob" });
  await phone.say("@Alice", "from the phone");
  assertObjectMatch(await bob.next("message"), { room: "@Alice", from: "Bob", seq: 2 });
  await carol.sync();
  assertEquals(carol.all("message"), []);
  assertEquals(chat.failures, []);
});

Deno.test("a direct message waits for who is away, unread, and its reading is shown", async () => {
  await using chat = await startChat("native", { graceMs: 50 });
  await using alice = await Client.connect(chat, "Alice");
  const bob = await Client.connect(chat, "Bob");
  fine(await alice.say("@Bob", "one"));
  await bob.next("message");
  await bob.close();
  assertObjectMatch(await alice.next("presence"), { user: "Bob", online: false });
  assertObjectMatch(await alice.say("@Bob", "two"), { seq: 2, online: false });

  await using back = await Client.connect(chat, { token: bob.welcome.token });
  assertObjectMatch(await alice.next("presence"), { user: "Bob", online: true });
  assertEquals(back.welcome.rooms, [
    { room: "@Alice", kind: "direct", seq: 2, read: 0, unread: 2 },
  ]);
  const { rooms } = await back.ask({ type: "unread" });
  assertObjectMatch(rooms[0], { room: "@Alice", unread: 2, last: { content: "two" } });
  await back.join("@Alice", { since: 1 });
  assertObjectMatch(await back.next("message"), { seq: 2, content: "two" });
  assertObjectMatch(await back.ask({ type: "read", room: "@Alice", seq: 2 }), {
    type: "ok",
    seq: 2,
  });
  const mark = { type: "read", room: "@Bob", from: "Bob", seq: 2 };
  assertEquals(await alice.next("read"), mark);
  assertEquals((await back.ask({ type: "unread" })).rooms, []);
});

Deno.test("a stranger gets three messages, until any answer lifts it", async () => {
  await using chat = await startChat();
  await using alice = await Client.connect(chat, "Alice");
  await using bob = await Client.connect(chat, "Bob");
  for (const content of ["one", "two", "three"]) fine(await alice.say("@Bob", content));
  assertObjectMatch(await alice.say("@Bob", "four"), { type: "error", code: "stranger_limit" });
  // What was refused is nowhere, and what is not a message is no way around it.
  assertEquals((await bob.ask({ type: "history", room: "@Alice" })).messages.length, 3);
  fine(await bob.ask({ type: "react", room: "@Alice", seq: 1, emoji: "👍", on: true }));
  fine(await bob.ask({ type: "read", room: "@Alice", seq: 3 }));
  assertEquals(outcome(await alice.say("@Bob", "four")), "stranger_limit");
  // A deleted message was one, too.
  fine(await alice.ask({ type: "delete", room: "@Bob", seq: 3 }));
  assertEquals(outcome(await alice.say("@Bob", "four")), "stranger_limit");
  fine(await bob.say("@Alice", "hi"));
  for (let count = 0; count < 5; count++) fine(await alice.say("@Bob", "now we talk"));
});

Deno.test("a retry by key is answered as before, beyond the stranger limit too", async () => {
  await using chat = await startChat();
  await using alice = await Client.connect(chat, "Alice");
  await using _bob = await Client.connect(chat, "Bob");
  for (const key of ["1", "2", "3"]) fine(await alice.say("@Bob", key, { key }));
  assertObjectMatch(await alice.say("@Bob", "3", { key: "3" }), { seq: 3, duplicate: true });
});

Deno.test("who is blocked says nothing more, who blocks still can, and unblocking ends it", async () => {
  await using chat = await startChat();
  await using alice = await Client.connect(chat, "Alice");
  await using bob = await Client.connect(chat, "Bob");
  fine(await alice.say("@Bob", "hello"));
  assertEquals((await bob.ask({ type: "block", user: "@alice" })).type, "ok");
  assertEquals(outcome(await alice.say("@Bob", "hello?")), "blocked");
  fine(await bob.say("@Alice", "leave me alone"));
  assertObjectMatch(await alice.next("message", ({ from }) => from === "Bob"), { seq: 2 });
  // In a room of others they meet as before.
  await alice.join("lobby");
  fine(await alice.say("lobby", "anyone?"));
  assertEquals((await bob.ask({ type: "unblock", user: "Alice" })).type, "ok");
  fine(await alice.say("@Bob", "sorry"));
});

Deno.test("nothing of who is blocked reaches who blocks: not typing, not reading, no group", async () => {
  await using chat = await startChat();
  await using alice = await Client.connect(chat, "Alice");
  await using phone = await Client.connect(chat, { token: alice.welcome.token });
  await using bob = await Client.connect(chat, "Bob");
  fine(await alice.say("@Bob", "hello"));
  fine(await bob.say("@Alice", "hi"));
  fine(await alice.ask({ type: "typing", room: "@Bob" }));
  assertObjectMatch(await bob.next("typing"), { room: "@Alice", from: "Alice" });
  fine(await alice.ask({ type: "read", room: "@Bob", seq: 1 }));
  assertObjectMatch(await bob.next("read"), { room: "@Alice", from: "Alice", seq: 1 });

  fine(await bob.ask({ type: "block", user: "Alice" }));
  for (let round = 0; round < 3; round++) {
    assertEquals(outcome(await phone.ask({ type: "typing", room: "@Bob" })), "blocked");
  }
  // One's own mark and devices are another matter.
  assertObjectMatch(await alice.ask({ type: "read", room: "@Bob", seq: 2 }), { seq: 2 });
  assertObjectMatch(await phone.next("read", ({ seq }) => seq === 2), { room: "@Bob" });
  const create = { type: "create", room: "trap", kind: "group", members: ["Bob"] };
  assertEquals(outcome(await alice.ask(create)), "blocked");
  fine(await alice.ask({ ...create, members: [] }));
  assertEquals(outcome(await alice.ask({ type: "invite", room: "trap", user: "Bob" })), "blocked");
  // Who blocks does as before.
  fine(await bob.ask({ type: "typing", room: "@Alice" }));
  assertObjectMatch(await alice.next("typing"), { from: "Bob" });
  fine(await bob.ask({ type: "read", room: "@Alice", seq: 1 }));
  assertObjectMatch(await alice.next("read", ({ from }) => from === "Bob"), { seq: 1 });
  await bob.sync();
  const heard = bob.said.filter(({ type, re }) => re === undefined && type !== "welcome");
  assertEquals(heard.map(({ type }) => type).filter((type) => type !== "presence"), [
    "message",
    "message",
    "typing",
    "read",
  ]);

  fine(await bob.ask({ type: "unblock", user: "Alice" }));
  fine(await phone.ask({ type: "typing", room: "@Bob" }));
  assertObjectMatch(await bob.next("typing"), { from: "Alice" });
  assertEquals(chat.failures, []);
});

Deno.test("nobody talks to themselves, and asking for a conversation makes none", async () => {
  await using chat = await startChat();
  await using alice = await Client.connect(chat, "Alice");
  await using bob = await Client.connect(chat, "Bob");
  assertEquals(outcome(await alice.say("@alice", "note")), "forbidden");
  assertObjectMatch(await alice.ask({ type: "history", room: "@Bob" }), { messages: [] });
  assertEquals(outcome(await alice.ask({ type: "members", room: "@Bob" })), "no_such_room");
  assertObjectMatch(await alice.join("@Bob"), { kind: "direct", seq: 0, count: 2 });
  // Until something was said, the other sees nothing of it.
  assertEquals((await bob.ask({ type: "rooms" })).rooms, []);
  await using again = await Client.connect(chat, { token: bob.welcome.token });
  assertEquals(again.welcome.rooms, []);
});

Deno.test("who comes back within the grace was never away", async () => {
  const clock = new HeldClock(GRACE_MS);
  await using chat = await startChat("native", { clock });
  await using alice = await Client.connect(chat, "Alice");
  const bob = await Client.connect(chat, "Bob");
  fine(await alice.say("@Bob", "hello"));
  await bob.close();
  await clock.holds(1);
  await using back = await Client.connect(chat, { token: bob.welcome.token });
  await clock.holds(0);
  await alice.sync();
  assertEquals(alice.all("presence"), []);
  assertObjectMatch(await alice.say("@Bob", "still there"), { online: true });
  const { members } = await back.ask({ type: "members", room: "@Alice" });
  assertEquals(members.map(({ name, online }: Said) => [name, online]).sort(), [
    ["Alice", true],
    ["Bob", true],
  ]);
});

Deno.test("a direct conversation is found in history and search by its two alone", async () => {
  await using chat = await startChat();
  await using alice = await Client.connect(chat, "Alice");
  await using bob = await Client.connect(chat, "Bob");
  await using carol = await Client.connect(chat, "Carol");
  fine(await alice.say("@Bob", "the secret of the coffee"));
  for (const [client, room] of [[alice, "@Bob"], [bob, "@Alice"]] as const) {
    for (const where of [{}, { room }]) {
      const { messages } = await client.ask({ type: "search", query: "coffee", ...where });
      assertEquals(messages.map((found: Said) => [found.room, found.seq]), [[room, 1]]);
    }
  }
  assertEquals((await carol.ask({ type: "search", query: "coffee" })).messages, []);
  assertEquals((await carol.ask({ type: "history", room: "@Bob" })).messages, []);
});
