import { assert, assertEquals, assertFalse } from "@std/assert";
import { CLOSE, Refusal } from "../protocol/errors.ts";
import { StoreError, type UserRef } from "../store/store.ts";
import type { Ref } from "./actor.ts";
import type { RoomKey } from "./directory.ts";
import { FakeChat, GRACE_MS, IDLE_MS } from "./fake_chat.ts";
import { FakeRef } from "./fake_ref.ts";
import { FakeSession, user } from "./fake_session.ts";
import { Gate } from "./fake_store.ts";
import type { HubMessage } from "./hub_messages.ts";
import { USER_SESSIONS_MAX } from "./presence.ts";

type Answer = Ref<HubMessage> | Refusal;

const [alice, bob, carol] = [user("alice"), user("bob"), user("carol")];
const LOBBY = { kind: "named", name: "lobby", canonical: "lobby" } as const;

/** Asks for a room; what was answered is in the array, later. */
function route(chat: FakeChat, key: RoomKey, create = true): Answer[] {
  const answers: Answer[] = [];
  chat.board.tell({ type: "route", key, create, reply: (answer) => answers.push(answer) });
  return answers;
}

function code(answer: Answer | undefined): string {
  return answer instanceof Refusal ? answer.code : answer ? "served" : "nothing";
}

function hubs(chat: FakeChat): string[] {
  return chat.system.inspect().map(({ name }) => name).filter((name) => name.startsWith("hub"));
}

async function counts(chat: FakeChat): Promise<ReadonlyMap<number, number>> {
  let found: ReadonlyMap<number, number> = new Map();
  chat.board.tell({ type: "counts", reply: (counts) => found = counts });
  await chat.settle();
  return found;
}

/** Two users who share a direct conversation, the first of them there. */
async function peers() {
  const chat = await FakeChat.open();
  const room = await chat.store.openDirect(alice, bob, chat.clock.now());
  await chat.write(room.id, alice, "hello");
  return { chat, a: await chat.connect(alice) };
}

const another: UserRef = { id: "another", name: "Alice", guest: true };

Deno.test("a name is held while its user is online and for its grace, then free", async () => {
  const chat = await FakeChat.open();
  const first = await chat.connect(alice);
  const [second] = [await chat.connect(alice, "json", { id: "second" })];
  assertEquals([first.refused, second.refused], [undefined, undefined], "one user, two devices");
  assertEquals((await chat.connect(another)).refused?.code, "name_taken");
  await chat.disconnect(first);
  await chat.advance(2 * GRACE_MS);
  assertEquals((await chat.connect(another)).refused?.code, "name_taken", "one device is left");
  await chat.disconnect(second);
  await chat.advance(GRACE_MS - 1);
  assertEquals((await chat.connect(another)).refused?.code, "name_taken");
  await chat.advance(1);
  assertEquals((await chat.connect(another)).refused, undefined);
  await chat.close();
});

Deno.test("one user has so many connections at most", async () => {
  const chat = await FakeChat.open();
  const sessions = [];
  for (let device = 0; device <= USER_SESSIONS_MAX; device++) {
    sessions.push(await chat.connect(alice, "json", { id: `${device}` }));
  }
  assertEquals(sessions.filter(({ refused }) => refused).length, 1);
  assertEquals(sessions.at(-1)?.refused?.code, "busy");
  const [first] = sessions;
  assert(first);
  await chat.disconnect(first);
  assertEquals((await chat.connect(alice)).refused, undefined);
  await chat.close();
});

Deno.test("peers hear once that somebody came, and once that it has gone for its grace", async () => {
  const { chat, a } = await peers();
  const stranger = await chat.connect(carol);
  const devices = [await chat.connect(bob), await chat.connect(bob, "json", { id: "phone" })];
  assertEquals(a.news(), ["bob online"]);
  for (const device of devices) await chat.disconnect(device);
  await chat.advance(GRACE_MS - 1);
  const back = await chat.connect(bob);
  await chat.advance(2 * GRACE_MS);
  assertEquals(a.news(), [], "a reconnect must not flicker");
  await chat.disconnect(back);
  await chat.advance(GRACE_MS);
  assertEquals(a.news(), ["bob offline"]);
  assertEquals(stranger.news(), []);
  await chat.close();
});

Deno.test("a grace that ends while its user comes and goes is not the end of the new one", async () => {
  const { chat, a } = await peers();
  const first = await chat.connect(bob);
  await chat.disconnect(first);
  await chat.advance(GRACE_MS - 1);
  a.lines();
  // The first grace ends behind these in the mailbox.
  const second = new FakeSession(bob);
  chat.board.tell({ type: "connect", session: second, reply() {} });
  chat.board.tell({ type: "disconnect", session: second });
  chat.clock.advance(1);
  await chat.advance(GRACE_MS - 1);
  assertEquals(a.news(), [], "the new grace was cut short");
  await chat.advance(1);
  assertEquals(a.news(), ["bob offline"]);
  const timers = chat.clock.pending;
  await chat.advance(5 * GRACE_MS);
  assertEquals([a.news(), chat.clock.pending], [[], timers]);
  await chat.close();
});

Deno.test("who comes back within its grace has a whole one the next time", async () => {
  const { chat, a } = await peers();
  for (let time = 0; time < 3; time++) {
    await chat.disconnect(await chat.connect(bob));
    await chat.advance(GRACE_MS - 1);
  }
  assertEquals(a.news(), ["bob online"]);
  await chat.advance(1);
  assertEquals(a.news(), ["bob offline"]);
  await chat.close();
});

Deno.test("a guest's name is free in the store after its grace; one with a conversation keeps it", async () => {
  const chat = await FakeChat.open();
  await chat.group("team", bob);
  await chat.settle();
  for (const guest of [alice, bob]) {
    await chat.store.ensureUser(guest, guest.name, chat.clock.now());
    await chat.disconnect(await chat.connect(guest));
  }
  assertEquals((await chat.store.userByName("alice"))?.id, "alice");
  await chat.advance(GRACE_MS);
  assertEquals(await chat.store.userByName("alice"), undefined);
  assertEquals((await chat.store.userByName("bob"))?.id, "bob");
  await chat.close();
});

Deno.test("an unknown session that ends is nobody's end", async () => {
  const chat = await FakeChat.open();
  const known = await chat.connect(alice);
  await chat.disconnect(new FakeSession(alice));
  await chat.disconnect(new FakeSession(bob));
  await chat.advance(2 * GRACE_MS);
  assertEquals((await chat.connect(another)).refused?.code, "name_taken");
  await chat.disconnect(known);
  await chat.close();
});

Deno.test("a room has one hub, however many ask for it at a time and however they call it", async () => {
  const chat = await FakeChat.open();
  const asked = [
    route(chat, LOBBY, false),
    route(chat, LOBBY),
    route(chat, { ...LOBBY, name: "Lobby" }),
    route(chat, LOBBY),
  ];
  await chat.settle();
  asked.push(route(chat, LOBBY, false));
  await chat.settle();
  assertEquals(asked.map((answers) => answers.length), [1, 1, 1, 1, 1]);
  const served = new Set(asked.flat().filter((answer) => !(answer instanceof Refusal)));
  assertEquals(served.size, 1);
  assertEquals(hubs(chat), ["hub lobby"]);
  await chat.close();
});

Deno.test("a room that is there has one hub, whether those who ask would make it or not", async () => {
  const chat = await FakeChat.open();
  await (await chat.hub("lobby")).stop();
  const asked = [route(chat, LOBBY, false), route(chat, LOBBY), route(chat, LOBBY, false)];
  await chat.settle();
  assertEquals(asked.flat().map(code), ["served", "served", "served"]);
  assertEquals(new Set(asked.flat()).size, 1);
  assertEquals(hubs(chat), ["hub lobby"]);
  await chat.close();
});

Deno.test("a direct conversation has one hub for both of its users", async () => {
  const chat = await FakeChat.open();
  const asked = [
    route(chat, { kind: "direct", me: alice, other: bob }),
    route(chat, { kind: "direct", me: bob, other: alice }),
  ];
  await chat.settle();
  assertEquals(new Set(asked.flat()).size, 1);
  assertEquals(hubs(chat).length, 1);
  await chat.close();
});

Deno.test("a room that is not there is not made for those who only ask for it", async () => {
  const chat = await FakeChat.open();
  const asked = [
    route(chat, LOBBY, false),
    route(chat, { kind: "direct", me: alice, other: bob }, false),
  ];
  await chat.settle();
  assertEquals(asked.map(([answer]) => code(answer)), ["no_such_room", "no_such_room"]);
  assertEquals([hubs(chat), await chat.store.roomByName("lobby")], [[], undefined]);
  await chat.close();
});

Deno.test("a look-up that fails is told by name, and the next one looks again", async () => {
  let fails = true;
  const chat = await FakeChat.open((store) => ({
    roomByName: (name) =>
      fails ? Promise.reject(new StoreError("io", "no")) : store.roomByName(name),
  }));
  const [first, second] = [route(chat, LOBBY), route(chat, LOBBY)];
  await chat.settle();
  assertEquals([...first, ...second].map(code), ["unavailable", "unavailable"]);
  fails = false;
  const third = route(chat, LOBBY);
  await chat.settle();
  assertEquals(third.map(code), ["served"]);
  await chat.close();
});

Deno.test("rooms that nobody needs any more are forgotten", async () => {
  const chat = await FakeChat.open();
  const timers = chat.clock.pending;
  for (let room = 0; room < 50; room++) await chat.hub(`room-${room}`);
  assertEquals((await counts(chat)).size, 50);
  await chat.advance(2 * IDLE_MS).then(() => chat.advance(2 * IDLE_MS));
  assertEquals([(await counts(chat)).size, hubs(chat), chat.clock.pending], [0, [], timers]);
  await chat.close();
});

Deno.test("how many are in a public room is known", async () => {
  const chat = await FakeChat.open();
  const hub = await chat.hub("lobby");
  await chat.enter(hub, await chat.connect(alice), await chat.connect(bob));
  assertEquals([...(await counts(chat)).values()], [2]);
  await chat.close();
});

Deno.test("who watches is told who is there, who comes and who goes, and nothing after that", async () => {
  const chat = await FakeChat.open();
  const a = await chat.connect(alice);
  const hub = new FakeRef<HubMessage>();
  chat.board.tell({ type: "watch", hub, users: ["alice", "bob"] });
  await chat.settle();
  assertEquals(hub.take(), [
    { type: "presence", user: "alice", online: true },
    { type: "attached", session: a, there: true },
  ]);
  const b = await chat.connect(bob);
  await chat.disconnect(b);
  await chat.advance(GRACE_MS);
  assertEquals(hub.take(), [
    { type: "presence", user: "bob", online: true },
    { type: "attached", session: b },
    { type: "gone", session: b },
    { type: "presence", user: "bob", online: false },
  ]);
  chat.board.tell({ type: "unwatch", hub, user: "bob" });
  await chat.connect(bob);
  chat.board.tell({ type: "unwatch", hub });
  await chat.disconnect(a);
  await chat.advance(GRACE_MS);
  assertEquals(hub.told, []);
  await chat.close();
});

Deno.test("a name is looked up among those online, then in the store", async () => {
  const chat = await FakeChat.open();
  await chat.connect(alice);
  await chat.store.ensureUser(bob, "bob", chat.clock.now());
  const found: (UserRef | Refusal)[] = [];
  for (const name of ["alice", "bob", "nobody"]) {
    const reply = (user: UserRef | Refusal) => found.push(user);
    chat.board.tell({ type: "resolve", name: { name, canonical: name }, reply });
  }
  await chat.settle();
  const names = found.map((user) => user instanceof Refusal ? user.code : user.id);
  assertEquals(names.sort(), ["alice", "bob", "no_such_user"]);
  await chat.close();
});

Deno.test("sessions are ended: all of a user, those of a token, or all but a token's", async () => {
  const ends = async (which: { token?: string; exceptToken?: string }) => {
    const chat = await FakeChat.open();
    const sessions = [
      await chat.connect(alice, "json", { id: "1", tokenId: "t1" }),
      await chat.connect(alice, "text", { id: "2", tokenId: "t2" }),
      await chat.connect(bob, "json", { tokenId: "t3" }),
    ];
    const code = CLOSE.unauthorized;
    chat.board.tell({ type: "end_sessions", user: "alice", code, reason: "out", ...which });
    await chat.settle();
    const closed = sessions.map((session) => session.closes().length);
    await chat.close();
    return closed;
  };
  assertEquals(await ends({}), [1, 1, 0]);
  assertEquals(await ends({ token: "t2" }), [0, 1, 0]);
  assertEquals(await ends({ exceptToken: "t2" }), [1, 0, 0]);
});

Deno.test("what is pushed reaches every other JSON session of the user", async () => {
  const chat = await FakeChat.open();
  const [from, other] = [await chat.connect(alice), await chat.connect(alice, "json", { id: "2" })];
  const [text, b] = [await chat.connect(alice, "text", { id: "3" }), await chat.connect(bob)];
  chat.board.tell({ type: "push", user: "alice", text: "{}", except: from });
  await chat.settle();
  assertEquals([from, other, text, b].map((session) => session.lines()), [[], ["{}"], [], []]);
  await chat.close();
});

Deno.test("shutting down lets the hubs finish, then closes everyone with 1001", async () => {
  const gate = new Gate();
  const chat = await FakeChat.open((store) => ({
    append: async (...group) => {
      await gate.pass(undefined);
      return await store.append(...group);
    },
  }));
  const [hub, b] = [await chat.hub("lobby"), await chat.connect(bob)];
  const a = await chat.connect(alice);
  await chat.hub("quiet");
  await chat.enter(hub, a);
  gate.close();
  chat.say(hub, a, "last words", "x");
  await chat.settle();
  let over = false;
  chat.board.tell({ type: "shutdown", reply: () => over = true });
  await chat.settle();
  assertEquals([over, a.closes(), b.closes()], [false, [], []]);
  const late = route(chat, LOBBY);
  const newcomer = await chat.connect(carol);
  assertEquals([newcomer.refused?.code, ...late.map(code)], ["unavailable", "unavailable"]);
  gate.open();
  await chat.settle();
  assert(over);
  assertFalse(hub.alive);
  assertEquals([a.closes(), b.closes()], [[CLOSE.goingAway], [CLOSE.goingAway]]);
  assertEquals(a.news(), ["sent x 1", "1 last words"]);
  await chat.close();
});

Deno.test("a room that is being looked up when the server stops gets no hub any more", async () => {
  const gate = new Gate();
  const chat = await FakeChat.open((store) => ({
    roomByName: async (name) => gate.pass(await store.roomByName(name)),
  }));
  gate.close();
  const asked = route(chat, LOBBY);
  await chat.settle();
  let over = false;
  chat.board.tell({ type: "shutdown", reply: () => over = true });
  await chat.settle();
  assert(over, "nobody needs to wait for it");
  gate.open();
  await chat.settle();
  assertEquals([asked.map(code), hubs(chat)], [["unavailable"], []]);
  await chat.close();
});

Deno.test("when it stops, no timer is left", async () => {
  const chat = await FakeChat.open();
  const hub = await chat.hub("lobby");
  const a = await chat.connect(alice);
  await chat.enter(hub, a);
  await chat.disconnect(await chat.connect(bob));
  await chat.close();
  assertEquals(chat.clock.pending, 0);
  assertEquals(chat.system.inspect(), []);
});
