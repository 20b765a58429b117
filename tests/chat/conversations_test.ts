import { assertEquals, assertObjectMatch } from "@std/assert";
import { Cast, fine, outcome } from "./cast.ts";
import { Client, type Said } from "./chat_client.ts";
import { startChat } from "./chat_server.ts";

Deno.test("edits, deletions and reactions are shown, and history keeps the present state", async () => {
  await using chat = await startChat();
  await using cast = await Cast.gather(chat);
  const { owner, member, victim } = cast.as;
  const { room, message: seq } = await cast.stage("group");
  fine(await member.ask({ type: "react", room, seq, emoji: "👍", on: true }));
  assertObjectMatch(await owner.next("reacted"), {
    target: seq,
    emoji: "👍",
    on: true,
    from: "the-member",
  });
  const edited = fine(await victim.ask({ type: "edit", room, seq, content: "said better" }));
  const told = await owner.next("edited");
  assertObjectMatch(told, { seq: edited.seq, target: seq, content: "said better" });
  const [now] = (await owner.ask({ type: "history", room })).messages;
  assertObjectMatch(now, {
    seq,
    content: "said better",
    edited: told.at,
    reactions: { "👍": ["the-member"] },
  });
  // The same again changes nothing and is no event.
  const again = fine(await member.ask({ type: "react", room, seq, emoji: "👍", on: true }));
  assertEquals(again.seq, edited.seq);
  fine(await member.ask({ type: "react", room, seq, emoji: "👍", on: false }));
  fine(await owner.ask({ type: "delete", room, seq }));
  assertObjectMatch(await victim.next("deleted"), { target: seq, from: "the-owner" });
  const [gone] = (await owner.ask({ type: "history", room })).messages;
  assertEquals([gone.content, gone.reactions, gone.deleted > 0], ["", undefined, true]);
  assertEquals(
    outcome(await victim.ask({ type: "edit", room, seq, content: "x" })),
    "no_such_message",
  );
  assertEquals((await victim.ask({ type: "search", query: "said better" })).messages, []);
});

Deno.test("unread is what others said after my mark, and what one device reads is read on all", async () => {
  await using chat = await startChat();
  await using cast = await Cast.gather(chat);
  const { owner, member, victim } = cast.as;
  await using phone = await Client.connect(chat, { token: member.welcome.token });
  const { room, message } = await cast.stage("group");
  for (const content of ["one", "two", "three"]) fine(await owner.say(room, content));
  fine(await member.say(room, "mine is not unread"));
  fine(await owner.ask({ type: "delete", room, seq: message + 2 }));
  const [unread] = (await member.ask({ type: "unread" })).rooms;
  assertObjectMatch(unread, { room, unread: 3, last: { content: "mine is not unread" } });
  const mark = message + 1;
  assertObjectMatch(await member.ask({ type: "read", room, seq: mark }), { room, seq: mark });
  for (const other of [phone, owner, victim]) {
    assertEquals(await other.next("read"), { type: "read", room, from: member.name, seq: mark });
  }
  assertObjectMatch((await phone.ask({ type: "unread" })).rooms[0], { unread: 1, read: mark });
  // Never back, and not beyond the end.
  assertObjectMatch(await phone.ask({ type: "read", room, seq: 1 }), { seq: mark });
  const end = (await phone.ask({ type: "read", room, seq: 1_000 })).seq;
  assertEquals(end, message + 5);
  assertEquals((await member.ask({ type: "unread" })).rooms, []);
  await using tablet = await Client.connect(chat, { token: member.welcome.token });
  assertObjectMatch(tablet.welcome.rooms[0], { room, read: end, unread: 0, seq: end });
});

Deno.test("a public room is among a guest's conversations once it wrote or read there, until it leaves", async () => {
  await using chat = await startChat();
  await using alice = await Client.connect(chat, "Alice");
  await using bob = await Client.connect(chat, "Bob");
  await using carol = await Client.connect(chat, "Carol");
  const listed = async ({ welcome: { token } }: Client) => {
    await using device = await Client.connect(chat, { token });
    return device.welcome.rooms.map(({ room }: Said) => room);
  };
  for (const client of [alice, bob, carol]) await client.join("lobby");
  fine(await alice.say("lobby", "hello"));
  fine(await bob.ask({ type: "read", room: "lobby", seq: 1 }));
  assertEquals([await listed(alice), await listed(bob), await listed(carol)], [
    ["lobby"],
    ["lobby"],
    [],
  ]);
  fine(await alice.say("lobby", "more"));
  assertObjectMatch((await bob.ask({ type: "unread" })).rooms[0], { room: "lobby", unread: 1 });
  fine(await bob.ask({ type: "leave", room: "lobby" }));
  assertEquals(await listed(bob), []);
});

Deno.test("search finds any part of a word in any script, page by page, where one may read", async () => {
  await using chat = await startChat();
  await using cast = await Cast.gather(chat);
  const { owner, member, stranger } = cast.as;
  const { room } = await cast.stage("group");
  for (let count = 1; count <= 5; count++) fine(await owner.say(room, `Kaffeekränzchen ${count}`));
  fine(await owner.say(room, "今天喝咖啡吗 ☕🙂"));
  const page = await member.ask({ type: "search", query: "KRÄNZ", limit: 3 });
  assertEquals(page.messages.map(({ content }: Said) => content.at(-1)), ["5", "4", "3"]);
  assertEquals(page.more, true);
  const rest = { query: "kränz", room, before: page.messages.at(-1).id };
  const next = await member.ask({ type: "search", ...rest });
  assertEquals(next.messages.map(({ content }: Said) => content.at(-1)), ["2", "1"]);
  assertEquals(next.more, false);
  for (const query of ["喝咖啡", "咖啡", "☕🙂", "☕"]) {
    assertEquals((await member.ask({ type: "search", query })).messages.length, 1, query);
  }
  assertEquals((await stranger.ask({ type: "search", query: "kränz" })).messages, []);
});
