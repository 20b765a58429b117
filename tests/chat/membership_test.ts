import { assert, assertEquals, assertObjectMatch } from "@std/assert";
import { type Clock, systemClock } from "../../actors/clock.ts";
import { Cast, fine, outcome } from "./cast.ts";
import { Client, type Said } from "./chat_client.ts";
import { startChat } from "./chat_server.ts";

const names = (members: Said[]) => members.map(({ name, role }) => `${name} ${role}`);

Deno.test("a group begins with its card and its members, who hear of it without a join", async () => {
  await using chat = await startChat();
  await using alice = await Client.connect(chat, "Alice");
  await using bob = await Client.connect(chat, "Bob");
  const card = { title: "Team X", topic: "Release", icon: "🚀" };
  const order = { type: "create", room: "team-x", kind: "group", members: ["bob", "@Bob"] };
  assertObjectMatch(await alice.ask({ ...order, ...card }), { type: "created", room: "team-x" });
  const joined = await alice.join("team-x", { since: 0 });
  assertObjectMatch(joined, { kind: "group", seq: 2, count: 2, role: "owner", ...card });
  assertEquals(names(joined.members), ["Alice owner", "Bob member"]);
  const made = await alice.next("room");
  assertEquals(made, {
    type: "room",
    room: "team-x",
    seq: 1,
    from: "Alice",
    at: made.at,
    created: true,
    ...card,
  });
  assertObjectMatch(await alice.next("member"), { user: "Bob", change: "invited", from: "Alice" });
  fine(await alice.say("team-x", "hello"));
  assertObjectMatch(await bob.next("message"), { room: "team-x", seq: 3, content: "hello" });
  fine(await bob.say("team-x", "hello back"));
  const listed = (await bob.ask({ type: "rooms" })).rooms;
  assertEquals(listed, [{ room: "team-x", kind: "group", count: 2, ...card }]);
  assertEquals(chat.failures, []);
});

Deno.test("a room that was created has an owner, one that was joined has none", async () => {
  await using chat = await startChat();
  await using alice = await Client.connect(chat, "Alice");
  await using bob = await Client.connect(chat, "Bob");
  fine(await alice.ask({ type: "create", room: "hall", kind: "public", topic: "Come in" }));
  assertObjectMatch(await alice.join("hall"), { role: "owner", topic: "Come in", seq: 1 });
  await bob.join("hall");
  assertEquals(outcome(await bob.ask({ type: "set", room: "hall", topic: "x" })), "forbidden");
  await alice.join("lobby");
  assertEquals(outcome(await alice.ask({ type: "set", room: "lobby", topic: "x" })), "forbidden");
});

Deno.test("what is set is shown, empty takes away, and the log tells who did it", async () => {
  await using chat = await startChat();
  await using cast = await Cast.gather(chat);
  const { owner, moderator, member, newcomer } = cast.as;
  const { room } = await cast.stage("group");
  fine(await moderator.ask({ type: "set", room, topic: "Friday", title: "Team" }));
  const told = await member.next("room", ({ topic }) => topic === "Friday");
  assertObjectMatch(told, { room, title: "Team", from: "the-moderator" });
  fine(await owner.ask({ type: "set", room, topic: "" }));
  await member.next("room", ({ topic }) => topic === "");
  fine(await owner.ask({ type: "invite", room, user: newcomer.name }));
  const joined = await newcomer.join(room);
  assertEquals([joined.title, joined.topic || undefined], ["Team", undefined]);
});

Deno.test("who is invited, put out and comes back sees each, and nothing in between", async () => {
  await using chat = await startChat();
  await using cast = await Cast.gather(chat);
  const { owner, newcomer } = cast.as;
  await using phone = await Client.connect(chat, { token: newcomer.welcome.token });
  const { room } = await cast.stage("group");
  fine(await owner.ask({ type: "invite", room, user: newcomer.name }));
  for (const device of [newcomer, phone]) {
    assertObjectMatch(await device.next("member"), { change: "invited", user: newcomer.name });
  }
  await newcomer.join(room);
  fine(await owner.ask({ type: "kick", room, user: newcomer.name, reason: "wrong team" }));
  for (const device of [newcomer, phone]) {
    const kicked = await device.next("member", ({ change }) => change === "kicked");
    assertObjectMatch(kicked, { user: newcomer.name, from: owner.name, reason: "wrong team" });
  }
  fine(await owner.say(room, "among us"));
  assertEquals(outcome(await newcomer.say(room, "hello?")), "not_member");
  fine(await owner.ask({ type: "invite", room, user: newcomer.name }));
  await newcomer.next("member", ({ change }) => change === "invited");
  await newcomer.sync();
  assertEquals(newcomer.all("message").filter(({ content }) => content === "among us"), []);
  // A member reads all of it.
  const { messages } = await newcomer.ask({ type: "history", room });
  assertEquals(messages.at(-1).content, "among us");
});

Deno.test("who is banned is out at once and stays out until unbanned", async () => {
  await using chat = await startChat();
  await using cast = await Cast.gather(chat);
  const { owner, victim } = cast.as;
  const { room } = await cast.stage("public");
  fine(await owner.ask({ type: "ban", room, user: victim.name, reason: "spam" }));
  const banned = await victim.next("member", ({ change }) => change === "banned");
  assertObjectMatch(banned, { user: victim.name, reason: "spam" });
  fine(await owner.say(room, "that was that"));
  assertEquals(outcome(await victim.join(room)), "banned");
  assertEquals(outcome(await victim.ask({ type: "history", room })), "banned");
  const found = await victim.ask({ type: "search", query: "that was" });
  assertEquals(found.messages, []);
  assertEquals(victim.all("message").filter(({ content }) => content === "that was that"), []);
  fine(await owner.ask({ type: "unban", room, user: victim.name }));
  assertEquals((await victim.join(room)).type, "joined");
});

Deno.test("a mute ends by itself, and outlives being put out and brought back", async () => {
  let laterMs = 0;
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + laterMs };
  await using chat = await startChat("native", { clock });
  await using cast = await Cast.gather(chat);
  const { owner, victim } = cast.as;
  const user = victim.name;
  const { room } = await cast.stage("group");
  fine(await owner.ask({ type: "mute", room, user, seconds: 60 }));
  const muted = await victim.next("member", ({ change }) => change === "muted");
  assert(muted.until > muted.at && muted.until <= muted.at + 60_000);
  assertEquals(outcome(await victim.say(room, "hello?")), "muted");
  laterMs = 60_001;
  fine(await victim.say(room, "free again"));
  fine(await owner.ask({ type: "mute", room, user, seconds: 60 }));
  fine(await owner.ask({ type: "kick", room, user }));
  fine(await owner.ask({ type: "invite", room, user }));
  assertEquals(outcome(await victim.say(room, "and now?")), "muted");
  fine(await owner.ask({ type: "mute", room, user, seconds: 0 }));
  fine(await victim.say(room, "thank you"));
});

Deno.test("a room is handed over, then its former owner may leave", async () => {
  await using chat = await startChat();
  await using cast = await Cast.gather(chat);
  const { owner, member } = cast.as;
  const { room } = await cast.stage("group");
  assertEquals(outcome(await owner.ask({ type: "leave", room })), "conflict");
  fine(await owner.ask({ type: "role", room, user: member.name, role: "owner" }));
  assertObjectMatch(await member.next("member", ({ role }) => role === "owner"), {
    user: member.name,
    role: "owner",
    from: owner.name,
  });
  const { members } = await member.ask({ type: "members", room });
  assertEquals(names(members).sort(), [
    "the-member owner",
    "the-moderator moderator",
    "the-owner moderator",
    "the-victim member",
  ]);
  assertEquals((await owner.ask({ type: "leave", room })).type, "left");
  assertObjectMatch(await member.next("member", ({ change }) => change === "left"), {
    user: owner.name,
  });
  assertEquals(outcome(await owner.say(room, "one more thing")), "not_member");
});

Deno.test("a dissolved room is over for everyone, and its name is free", async () => {
  await using chat = await startChat();
  await using cast = await Cast.gather(chat);
  const { owner, member, stranger } = cast.as;
  const { room } = await cast.stage("group");
  fine(await owner.ask({ type: "dissolve", room }));
  assertObjectMatch(await member.next("room", ({ dissolved }) => dissolved), { from: owner.name });
  for (const order of ["members", "history", "dissolve"]) {
    assertEquals(outcome(await member.ask({ type: order, room })), "no_such_room");
  }
  assertEquals((await member.ask({ type: "unread" })).rooms, []);
  fine(await stranger.ask({ type: "create", room, kind: "group" }));
  assertEquals(outcome(await member.say(room, "hello?")), "not_member");
});
