import { assertEquals, assertObjectMatch } from "@std/assert";
import { Client } from "./chat_client.ts";
import { startChat } from "./chat_server.ts";

Deno.test("the first members of a group hear of it at once, on every device, and so do its owner's", async () => {
  await using chat = await startChat();
  await using ann = await Client.connect(chat, "Ann");
  await using annsPhone = await Client.connect(chat, { token: ann.welcome.token });
  await using ben = await Client.connect(chat, "Ben");
  await using bensPhone = await Client.connect(chat, { token: ben.welcome.token });
  await ann.ask({ type: "create", room: "team", kind: "group", members: ["ben"], title: "Us" });
  for (const device of [ben, bensPhone]) {
    assertObjectMatch(await device.next("member"), {
      room: "team",
      user: "Ben",
      change: "invited",
      from: "Ann",
    });
  }
  assertObjectMatch(await annsPhone.next("room"), { room: "team", created: true, title: "Us" });
  await ann.say("team", "welcome");
  assertObjectMatch(await bensPhone.next("message"), { room: "team", content: "welcome" });
});

Deno.test("nobody misses an event of a group that was made with its members: seqs come without a hole", async () => {
  await using chat = await startChat();
  await using ann = await Client.connect(chat, "Ann");
  await using ben = await Client.connect(chat, "Ben");
  await using cat = await Client.connect(chat, "Cat");
  await ann.ask({ type: "create", room: "team", kind: "group", members: ["ben", "cat"] });
  await ann.say("team", "welcome");
  assertEquals((await ann.next("room")).seq, 1);
  for (const [device, seqs] of [[ann, [2, 3]], [ben, [2, 3]], [cat, [3]]] as const) {
    for (const seq of seqs) assertEquals((await device.next("member")).seq, seq);
    assertEquals((await device.next("message")).seq, 4);
  }
});

Deno.test("who leaves a public room on one device and writes on another has it again", async () => {
  await using chat = await startChat();
  await using laptop = await Client.connect(chat, "Ann");
  await using phone = await Client.connect(chat, { token: laptop.welcome.token });
  await laptop.join("lobby");
  await phone.join("lobby");
  await laptop.say("lobby", "one");
  assertObjectMatch(await laptop.ask({ type: "leave", room: "lobby" }), { type: "left" });
  await phone.say("lobby", "two");
  await phone.sync();
  await using tablet = await Client.connect(chat, { token: laptop.welcome.token });
  assertObjectMatch(tablet.welcome, { rooms: [{ room: "lobby" }] });
});

Deno.test("who comes back to a group that has ended makes no public room of its name", async () => {
  await using chat = await startChat();
  await using ann = await Client.connect(chat, "Ann");
  await ann.ask({ type: "create", room: "secret-plans", kind: "group", members: [] });
  const { seq } = await ann.say("secret-plans", "soon");
  assertObjectMatch(await ann.ask({ type: "dissolve", room: "secret-plans" }), { type: "ok" });
  await using back = await Client.connect(chat, { token: ann.welcome.token });
  for (const client of [ann, back]) {
    const answer = await client.join("secret-plans", { since: seq });
    assertObjectMatch(answer, { type: "error", code: "no_such_room" });
  }
  const { rooms } = await back.ask({ type: "rooms" });
  assertEquals(rooms, []);
  // Nobody has the name: whoever means it begins a public room.
  assertObjectMatch(await back.join("secret-plans"), { type: "joined", kind: "public", seq: 0 });
  assertObjectMatch(await ann.join("secret-plans", { since: seq }), { type: "joined", seq: 0 });
});
