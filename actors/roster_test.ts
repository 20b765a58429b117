import { assert, assertEquals } from "@std/assert";
import { NAMES_LISTED_MAX } from "../protocol/limits.ts";
import { FakeChat, GRACE_MS } from "./fake_chat.ts";
import { gatedReads, lobby } from "./fake_lobby.ts";
import { FakeSession, user } from "./fake_session.ts";
import { GATHER_MS } from "./gathering.ts";
import { Rooms } from "./rooms.ts";

const [alice, bob, carol] = [user("alice"), user("bob"), user("carol")];

Deno.test("the coming of several is told together, and names cut off leave the count right", async () => {
  const chat = await FakeChat.open();
  const { hub } = await lobby(chat);
  const a = await chat.connect(alice);
  await chat.enter(hub, a);
  const crowd = Array.from({ length: 150 }, (_, index) => new FakeSession(user(`u${index}`)));
  for (const session of crowd) chat.join(hub, session, { history: 0 });
  await chat.advance(2 * GATHER_MS);
  const told = a.events();
  assertEquals(told.length, 1);
  const [came] = told;
  assert(came?.type === "joined" && "users" in came);
  assertEquals([came.users.length, came.count], [NAMES_LISTED_MAX, 151]);
  for (const session of crowd) hub.tell({ type: "gone", session });
  await chat.advance(2 * GATHER_MS);
  const [went] = a.events();
  assert(went?.type === "left" && "users" in went);
  assertEquals(went.count, 1);
  await chat.close();
});

Deno.test("the first answer of a group's hub says who is online, one's own self among them", async () => {
  const chat = await FakeChat.open();
  await chat.group("team", alice, bob, carol);
  const a = await chat.connect(alice);
  await chat.connect(bob);
  for (const id of ["first", "second"]) {
    void new Rooms(a, chat.board).send({ type: "members", room: "team", id });
    await chat.settle();
    const answer = a.events().find((event) => event.type === "members");
    assert(answer?.type === "members");
    const online = answer.members.map((member) => [member.name, member.online]);
    assertEquals(online, [["alice", true], ["bob", true], ["carol", false]], id);
  }
  await chat.close();
});

Deno.test("one's own coming is not told to oneself, nor that of a second device to anybody", async () => {
  const chat = await FakeChat.open();
  const { hub } = await lobby(chat);
  const [a, b] = [await chat.connect(alice), await chat.connect(bob)];
  await chat.enter(hub, b);
  chat.join(hub, a, { history: 0 });
  await chat.advance(2 * GATHER_MS);
  assertEquals([a.news(), b.news()], [["joined join 0"], ["+alice (2)"]]);
  const second = await chat.connect(alice, "json", { id: "second" });
  chat.join(hub, second, { history: 0 });
  await chat.advance(2 * GATHER_MS);
  hub.tell({ type: "gone", session: a });
  await chat.advance(2 * GATHER_MS);
  assertEquals(b.news(), [], "alice is still there");
  hub.tell({ type: "gone", session: second });
  await chat.advance(2 * GATHER_MS);
  assertEquals(b.news(), ["-alice (1)"]);
  await chat.close();
});

Deno.test("comings and goings are told even when the hub's mailbox was full at that moment", async () => {
  const chat = await FakeChat.open();
  const { hub } = await lobby(chat);
  const [a, b] = [await chat.connect(alice), await chat.connect(bob)];
  await chat.enter(hub, a);
  chat.join(hub, b, { history: 0 });
  await chat.settle();
  // Nobody has taken anything out when the time to tell comes.
  while (hub.tell({ type: "presence", user: "nobody", online: false }));
  chat.clock.advance(2 * GATHER_MS);
  await chat.advance(2 * GATHER_MS);
  assertEquals(a.news(), ["+bob (2)"]);
  hub.tell({ type: "gone", session: b });
  await chat.advance(2 * GATHER_MS);
  assertEquals(a.news(), ["-bob (1)"]);
  await chat.close();
});

Deno.test("who is kicked is told, then gone; the others hear both", async () => {
  const chat = await FakeChat.open();
  const hub = await chat.den(alice);
  const [a, b] = [await chat.connect(alice), await chat.connect(bob)];
  await chat.enter(hub, a, b);
  chat.command(hub, a, { type: "kick", user: "bob", id: "kick", reason: undefined }, bob);
  chat.say(hub, a, "gone?");
  await chat.advance(2 * GATHER_MS);
  assertEquals(b.news(), ["2 bob kicked"]);
  assertEquals(a.news(), ["ok kick", "sent 3", "2 bob kicked", "3 gone?", "-bob (1)"]);
  chat.say(hub, b, "still here", "x");
  await chat.settle();
  assertEquals(b.news(), ["error x not_member"]);
  await chat.close();
});

Deno.test("who is kicked and comes back at once is there again for the others", async () => {
  const chat = await FakeChat.open();
  const hub = await chat.den(alice);
  const [a, b] = [await chat.connect(alice), await chat.connect(bob)];
  await chat.enter(hub, a, b);
  chat.command(hub, a, { type: "kick", user: "bob", id: undefined, reason: undefined }, bob);
  await chat.settle();
  chat.join(hub, b, { history: 0 });
  await chat.advance(2 * GATHER_MS);
  assertEquals(a.news(), ["ok", "2 bob kicked", "+bob (2)"]);
  await chat.close();
});

Deno.test("who is banned cannot come back, and nobody hears of the try", async () => {
  const chat = await FakeChat.open();
  const hub = await chat.den(alice);
  const [a, b] = [await chat.connect(alice), await chat.connect(bob)];
  await chat.enter(hub, a, b);
  chat.command(hub, a, { type: "ban", user: "bob", id: undefined, reason: undefined }, bob);
  await chat.advance(2 * GATHER_MS);
  assertEquals(b.news(), ["2 bob banned"]);
  a.lines();
  chat.join(hub, b);
  await chat.advance(2 * GATHER_MS);
  assertEquals([a.news(), b.news()], [[], ["error join banned"]]);
  await chat.close();
});

Deno.test("a mute ends by itself", async () => {
  const chat = await FakeChat.open();
  const hub = await chat.den(alice);
  const [a, b] = [await chat.connect(alice), await chat.connect(bob)];
  await chat.enter(hub, a, b);
  chat.command(hub, a, { type: "mute", user: "bob", seconds: 60, id: undefined }, bob);
  await chat.settle();
  chat.say(hub, b, "hello", "x");
  await chat.settle();
  assertEquals(b.news(), ["2 bob muted", "error x muted"]);
  await chat.advance(60_000);
  chat.say(hub, b, "hello", "y");
  await chat.settle();
  assertEquals(b.news(), ["sent y 3", "3 hello"]);
  await chat.close();
});

Deno.test("a dissolved room tells everyone, ends, and is not there any more", async () => {
  const { chat, gate } = await gatedReads();
  const hub = await chat.den(alice);
  const [a, b, c] = [await chat.connect(alice), await chat.connect(bob), await chat.connect(carol)];
  await chat.enter(hub, a, b);
  gate.close();
  chat.join(hub, c);
  chat.command(hub, a, { type: "dissolve", id: "end" });
  await chat.settle();
  gate.open();
  await chat.settle();
  assertEquals(a.news(), ["ok end", "2 dissolved"]);
  assertEquals(b.news(), ["2 dissolved"]);
  assertEquals(c.news(), ["error join no_such_room"]);
  assertEquals(hub.alive, false);
  const anew = await chat.hub("den");
  chat.join(anew, b);
  await chat.settle();
  assertEquals(b.news(), ["joined join 0"], "a room of the same name is another one");
  await chat.close();
});

Deno.test("a group reaches every session of its members, joined or not, and nobody else", async () => {
  const chat = await FakeChat.open();
  await chat.group("team", alice, bob);
  const hub = await chat.hub("team");
  const [a, b, c] = [await chat.connect(alice), await chat.connect(bob), await chat.connect(carol)];
  await chat.enter(hub, a);
  chat.say(hub, a, "x");
  chat.join(hub, c);
  chat.say(hub, c, "y", "y");
  await chat.settle();
  assertEquals(b.news(), ["3 x"]);
  assertEquals(c.news(), ["error join not_member", "error y not_member"]);
  await chat.close();
});

Deno.test("the message that wakes a group's hub reaches every session of its members", async () => {
  const chat = await FakeChat.open();
  await chat.group("team", alice, bob);
  const [a, b] = [await chat.connect(alice), await chat.connect(bob)];
  b.lines();
  chat.board.tell({
    type: "route",
    key: { kind: "named", name: "team", canonical: "team" },
    create: false,
    reply(hub) {
      assert(!(hub instanceof Error));
      chat.say(hub, a, "are you there?");
    },
  });
  await chat.settle();
  assertEquals(b.news(), ["3 are you there?"]);
  await chat.close();
});

Deno.test("an invited member's sessions are attached and told; those that come later are not told", async () => {
  const chat = await FakeChat.open();
  await chat.group("team", alice);
  const hub = await chat.hub("team");
  const [a, b] = [await chat.connect(alice), await chat.connect(bob)];
  await chat.enter(hub, a);
  chat.command(hub, a, { type: "invite", user: "bob", id: undefined }, bob);
  await chat.settle();
  assertEquals(b.news(), ["2 bob invited"]);
  chat.say(hub, a, "welcome");
  await chat.settle();
  assertEquals(b.news(), ["3 welcome"]);
  const later = await chat.connect(bob, "json", { id: "later" });
  chat.say(hub, a, "again");
  await chat.settle();
  assertEquals(later.news(), ["4 again"], "its welcome lists the group already");
  await chat.close();
});

Deno.test("who is put out of a group gets no more of it, and is offline to it", async () => {
  const chat = await FakeChat.open();
  await chat.group("team", alice, bob);
  const hub = await chat.hub("team");
  const [a, b] = [await chat.connect(alice), await chat.connect(bob)];
  await chat.enter(hub, a);
  chat.command(hub, a, { type: "kick", user: "bob", id: undefined, reason: undefined }, bob);
  await chat.settle();
  chat.say(hub, a, "gone");
  await chat.settle();
  assertEquals(b.news(), ["3 bob kicked"]);
  await chat.disconnect(b);
  await chat.advance(GRACE_MS);
  a.lines();
  chat.command(hub, a, { type: "invite", user: "bob", id: undefined }, bob);
  chat.command(hub, a, { type: "members", id: undefined });
  await chat.settle();
  chat.command(hub, a, { type: "members", id: undefined });
  await chat.settle();
  const members = a.events().findLast((event) => event.type === "members");
  assert(members?.type === "members");
  assertEquals(members.members.map(({ name, online }) => [name, online]), [
    ["alice", true],
    ["bob", false],
  ]);
  await chat.close();
});

Deno.test("handing a group over makes its former owner a moderator", async () => {
  const chat = await FakeChat.open();
  await chat.group("team", alice, bob);
  const hub = await chat.hub("team");
  const a = await chat.connect(alice);
  await chat.enter(hub, a);
  chat.command(hub, a, { type: "role", user: "bob", role: "owner", id: undefined }, bob);
  await chat.settle();
  chat.command(hub, a, { type: "members", id: undefined });
  await chat.settle();
  const members = a.events().at(-1);
  assert(members?.type === "members");
  assertEquals(members.members.map(({ name, role }) => [name, role]), [
    ["alice", "moderator"],
    ["bob", "owner"],
  ]);
  await chat.close();
});

Deno.test("a user who joins a public room keeps it; a mere guest does when it writes", async () => {
  const chat = await FakeChat.open();
  const { hub } = await lobby(chat);
  const account = user("alice", false);
  const [a, b] = [await chat.connect(account), await chat.connect(bob)];
  await chat.enter(hub, a, b);
  const kept = async (id: string) =>
    (await chat.store.conversations(id)).map(({ room }) => room.name);
  assertEquals([await kept("alice"), await kept("bob")], [["lobby"], []]);
  chat.say(hub, b, "hello");
  await chat.settle();
  assertEquals(await kept("bob"), ["lobby"]);
  await chat.close();
});
