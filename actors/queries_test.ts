import { assert, assertEquals, assertRejects } from "@std/assert";
import { Refusal } from "../protocol/errors.ts";
import type { Reply } from "../protocol/events.ts";
import type { UserRef } from "../store/store.ts";
import { FakeChat } from "./fake_chat.ts";
import { user } from "./fake_session.ts";
import { Queries, type QueryCommand } from "./queries.ts";

const [alice, bob, carol] = [user("alice"), user("bob"), user("carol")];

async function setUp() {
  const chat = await FakeChat.open();
  const { store, archive, board, clock } = chat;
  for (const who of [alice, bob, carol]) await store.ensureUser(who, who.name, clock.now());
  for (const who of [alice, bob, carol]) await chat.connect(who);
  const queries = new Queries({ store, archive, switchboard: board, clock });
  const ask = (who: UserRef, command: QueryCommand): Promise<Reply> => queries.answer(who, command);
  const refused = async (who: UserRef, command: QueryCommand) =>
    (await assertRejects(() => ask(who, command), Refusal)).code;
  return { chat, queries, ask, refused };
}

function contents(reply: Reply): string[] {
  assert(reply.type === "history" || reply.type === "results");
  return reply.messages.map(({ room, content }) => `${room}: ${content}`);
}

Deno.test("history is read from either end, ascending, and says whether there is more", async () => {
  const { chat, ask } = await setUp();
  const room = await chat.group("team", alice, bob);
  await chat.write(room.id, alice, "a", "b", "c", "d");
  const last = await ask(bob, { type: "history", room: "team", limit: 2 });
  assertEquals(contents(last), ["team: c", "team: d"]);
  assert(last.type === "history" && last.more);
  const first = await ask(bob, { type: "history", room: "team", after: 0, limit: 3 });
  assertEquals(contents(first), ["team: a", "team: b", "team: c"]);
  await chat.close();
});

Deno.test("nobody reads a group, a conversation or a ban's room that is not theirs", async () => {
  const { chat, ask, refused } = await setUp();
  const team = await chat.group("team", alice, bob);
  await chat.write(team.id, alice, "a secret of the team");
  const direct = await chat.store.openDirect(alice, bob, 1);
  await chat.write(direct.id, alice, "a secret of two");
  assertEquals(await refused(carol, { type: "history", room: "team" }), "not_member");
  assertEquals(
    await refused(carol, { type: "search", query: "secret", room: "team" }),
    "not_member",
  );
  assertEquals(await refused(carol, { type: "history", room: "nowhere" }), "no_such_room");
  assertEquals(contents(await ask(carol, { type: "history", room: "@alice" })), []);
  assertEquals(contents(await ask(carol, { type: "search", query: "secret" })), []);
  assertEquals(contents(await ask(bob, { type: "search", query: "secret" })), [
    "@alice: a secret of two",
    "team: a secret of the team",
  ]);
  await chat.close();
});

Deno.test("unread lists what others wrote, each conversation by the name its user calls it", async () => {
  const { chat, ask } = await setUp();
  const team = await chat.group("team", alice, bob);
  await chat.write(team.id, alice, "x", "y");
  const direct = await chat.store.openDirect(alice, bob, 1);
  await chat.write(direct.id, alice, "z");
  const reply = await ask(bob, { type: "unread" });
  assert(reply.type === "unread");
  const rooms = reply.rooms.map(({ room, unread, last }) => [room, unread, last?.content]);
  assertEquals(rooms.sort(), [["@alice", 1, "z"], ["team", 2, "y"]]);
  const mine = await ask(alice, { type: "unread" });
  assertEquals(mine, { type: "unread", rooms: [] });
  await chat.close();
});

Deno.test("rooms are the public ones with how many are there, and mine", async () => {
  const { chat, ask } = await setUp();
  await chat.group("team", alice, bob);
  const hub = await chat.hub("lobby");
  await chat.enter(hub, await chat.connect(alice, "json", { id: "2" }));
  const reply = await ask(alice, { type: "rooms" });
  assert(reply.type === "rooms");
  assertEquals(reply.rooms.map(({ room, kind, count }) => [room, kind, count]).sort(), [
    ["lobby", "public", 1],
    ["team", "group", 2],
  ]);
  const others = await ask(carol, { type: "rooms" });
  assert(others.type === "rooms");
  assertEquals(others.rooms.map(({ room }) => room), ["lobby"]);
  await chat.close();
});

Deno.test("who makes a group owns it, its first members hear of it, and its name is taken", async () => {
  const { chat, ask, refused } = await setUp();
  const b = await chat.connect(bob, "json", { id: "phone" });
  const command = { type: "create", room: "#Team", kind: "group" } as const;
  const made = await ask(alice, { ...command, members: ["@bob", "alice"] });
  assertEquals(made, { type: "created", room: "Team" });
  await chat.settle();
  assertEquals(b.news(), ["2 bob invited"]);
  const room = await chat.store.roomByName("team");
  assert(room);
  const members = await chat.store.members(room.id, 10);
  assertEquals(members.map(({ user, role }) => [user.id, role]), [
    ["alice", "owner"],
    ["bob", "member"],
  ]);
  assertEquals(await refused(carol, command), "conflict");
  assertEquals(await refused(carol, { ...command, room: "a b" }), "bad_name");
  const unknown = { ...command, room: "other", members: ["nobody"] };
  assertEquals(await refused(carol, unknown), "no_such_user");
  assertEquals(await chat.store.roomByName("other"), undefined);
  await chat.close();
});

Deno.test("who is blocked cannot write directly until unblocked; nobody blocks themselves", async () => {
  const { chat, ask, refused } = await setUp();
  const hub = await chat.hub([alice, bob]);
  const a = await chat.connect(alice, "json", { id: "2" });
  assertEquals(await ask(bob, { type: "block", user: "@alice" }), { type: "ok" });
  chat.say(hub, a, "hello", "x");
  await chat.settle();
  await ask(bob, { type: "unblock", user: "alice" });
  chat.say(hub, a, "hello", "y");
  await chat.settle();
  assertEquals(a.news(), ["error x blocked", "sent y 1", "1 hello"]);
  assertEquals(await refused(bob, { type: "block", user: "bob" }), "forbidden");
  assertEquals(await refused(bob, { type: "block", user: "nobody" }), "no_such_user");
  await chat.close();
});
