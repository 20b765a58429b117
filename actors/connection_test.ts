import { assert, assertEquals, assertFalse } from "@std/assert";
import { CLOSE } from "../protocol/errors.ts";
import { StoreError } from "../store/store.ts";
import { FakeChat, GRACE_MS } from "./fake_chat.ts";
import { FakeConnection } from "./fake_connection.ts";
import { user } from "./fake_session.ts";
import { GATHER_MS } from "./gathering.ts";
import { DEFAULT_TIMES } from "./heart.ts";
import { WRITER_BOUND } from "./outbox.ts";

const [alice, bob] = [user("alice"), user("bob")];

function living(chat: FakeChat): string[] {
  return chat.system.inspect().map(({ name }) => name)
    .filter((name) => /^(reader|writer)/.test(name));
}

Deno.test("the first that a JSON client hears is who it is and what waits for it", async () => {
  const chat = await FakeChat.open();
  await chat.group("team", bob, alice);
  const { id } = await chat.store.openDirect(alice, bob, 1);
  await chat.write(id, bob, "hello", "are you there?");
  const socket = new FakeConnection(chat);
  await chat.settle();
  const welcome = JSON.parse(socket.lines()[0] ?? "");
  assertEquals(welcome.type, "welcome");
  assertEquals([welcome.user, welcome.token], [{ name: "alice", guest: true }, "token"]);
  assertEquals(welcome.heartbeat_ms, DEFAULT_TIMES.heartbeatMs);
  assertEquals(
    welcome.rooms.map(({ room, kind, seq, unread }: Record<string, unknown>) => [
      room,
      kind,
      seq,
      unread,
    ]),
    [["team", "group", 2, 0], ["@bob", "direct", 2, 2]],
  );
  socket.end();
  await chat.close();
});

Deno.test("a connection begins in the room it asked for, with as much as it asked for", async () => {
  const chat = await FakeChat.open();
  const hub = await chat.hub("lobby");
  const b = await chat.connect(bob);
  await chat.enter(hub, b);
  for (const content of ["x", "y", "z"]) chat.say(hub, b, content);
  await chat.settle();
  const socket = new FakeConnection(chat, { room: "lobby", history: 2 });
  const text = new FakeConnection(chat, { room: "lobby", view: "text", user: user("carol") });
  const bare = new FakeConnection(chat, {
    room: "lobby",
    history: 0,
    view: "bare",
    user: user("dora"),
  });
  await chat.advance(2 * GATHER_MS);
  assertEquals(socket.heard().slice(0, 4), ["welcome", "joined", "message", "message"]);
  assertEquals(text.lines().slice(0, 3), ["bob: x", "bob: y", "bob: z"]);
  chat.say(hub, b, "live");
  await chat.settle();
  assertEquals(bare.lines(), ["live"]);
  for (const each of [socket, text, bare]) each.end();
  await chat.close();
});

Deno.test("a taken name is told and closed with 4003", async () => {
  const chat = await FakeChat.open();
  await chat.connect({ id: "another", name: "Alice", guest: true });
  const socket = new FakeConnection(chat);
  await chat.settle();
  assertEquals(socket.heard(), ["error name_taken"]);
  assertEquals(socket.closes.map(({ code }) => code), [CLOSE.nameTaken]);
  socket.end();
  await chat.settle();
  assertEquals(living(chat), []);
  await chat.close();
});

Deno.test("a server that stops lets nobody in", async () => {
  const chat = await FakeChat.open();
  chat.board.tell({ type: "shutdown", reply() {} });
  const socket = new FakeConnection(chat);
  await chat.settle();
  assertEquals(socket.heard(), ["error unavailable"]);
  assertEquals(socket.closes.length, 1);
  socket.end();
  await chat.close();
});

Deno.test("when a connection ends it leaves its rooms, its name and nothing else", async () => {
  const chat = await FakeChat.open();
  const hub = await chat.hub("lobby");
  const b = await chat.connect(bob);
  await chat.enter(hub, b);
  const timers = chat.clock.pending;
  const socket = new FakeConnection(chat, { room: "lobby" });
  await chat.advance(2 * GATHER_MS);
  assertEquals(b.news(), ["+alice (2)"]);
  socket.end();
  socket.receive("late");
  await chat.advance(2 * GATHER_MS);
  assertEquals(b.news(), ["-alice (1)"]);
  await chat.advance(GRACE_MS);
  assertEquals([living(chat), chat.clock.pending], [[], timers]);
  assertEquals((await chat.connect({ ...alice, id: "another" })).refused, undefined);
  await chat.close();
});

Deno.test("a socket that ends before it is let in leaves nothing, and is there for nobody", async () => {
  const chat = await FakeChat.open();
  const hub = await chat.hub("lobby");
  const b = await chat.connect(bob);
  await chat.enter(hub, b);
  await chat.advance(2 * GATHER_MS);
  const timers = chat.clock.pending;
  for (let turns = 0; turns < 8; turns++) {
    const socket = new FakeConnection(chat, { room: "lobby" });
    for (let turn = 0; turn < turns; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    socket.end();
    await chat.advance(2 * GATHER_MS);
    await chat.advance(GRACE_MS);
    assertEquals([living(chat), chat.clock.pending], [[], timers], `after ${turns} turns`);
  }
  chat.command(hub, b, { type: "members", id: undefined });
  await chat.settle();
  const members = b.events().at(-1);
  assert(members?.type === "members");
  assertEquals(members.count, 1);
  await chat.close();
});

Deno.test("what came before the end is handled", async () => {
  const chat = await FakeChat.open();
  const hub = await chat.hub("lobby");
  const b = await chat.connect(bob);
  await chat.enter(hub, b);
  const socket = new FakeConnection(chat, { room: "lobby", view: "bare" });
  socket.says("hello", "good bye");
  socket.end();
  await chat.settle();
  assertEquals(b.news().filter((line) => !line.includes("(")), ["1 hello", "2 good bye"]);
  await chat.close();
});

Deno.test("a failure inside ends one connection with 1011, and nobody else notices", async () => {
  const chat = await FakeChat.open(() => ({
    publicRooms: () => Promise.reject(new TypeError("a fault of ours")),
  }));
  const socket = new FakeConnection(chat, { room: "lobby" });
  const other = new FakeConnection(chat, { room: "lobby", user: bob });
  await chat.settle();
  for (const each of [socket, other]) each.lines();
  socket.says({ type: "rooms", id: "r" }, { type: "ping", id: "late" });
  await chat.settle();
  const heard = socket.heard();
  assertEquals(heard[0], "error r internal");
  assertFalse(heard.includes("pong late"));
  assertEquals(socket.closes.map(({ code }) => code), [CLOSE.internalError]);
  assertEquals(chat.failures.map(({ actor }) => actor), ["reader alice"]);
  socket.end();
  other.says({ type: "ping", id: "p" });
  await chat.settle();
  assertEquals(other.heard().at(-1), "pong p");
  assertEquals(living(chat), ["reader bob", "writer bob"]);
  other.end();
  await chat.close();
});

Deno.test("whom a store that does not answer keeps out may try again, under that name, at once", async () => {
  let isAway = true;
  const chat = await FakeChat.open((store) => ({
    conversations: (id) =>
      isAway ? Promise.reject(new StoreError("io", "no")) : store.conversations(id),
  }));
  const socket = new FakeConnection(chat);
  await chat.settle();
  assertEquals(socket.heard(), ["error unavailable"]);
  assertEquals(socket.closes.map(({ code }) => code), [CLOSE.tooSlow]);
  assertEquals(chat.failures, []);
  socket.end();
  isAway = false;
  await chat.settle();
  // It was never told its token: it comes as somebody new.
  const again = new FakeConnection(chat, { user: { ...user("alice"), id: "another" } });
  await chat.settle();
  assertEquals(again.heard(), ["welcome"]);
  again.end();
  await chat.close();
});

Deno.test("a writer that fails takes its connection along", async () => {
  const chat = await FakeChat.open();
  const socket = new FakeConnection(chat);
  await chat.settle();
  socket.send = () => {
    throw new TypeError("a fault of the transport");
  };
  socket.says({ type: "ping", id: "p" });
  await chat.settle();
  assertEquals(socket.closes.map(({ code }) => code), [CLOSE.internalError]);
  socket.end();
  await chat.settle();
  assertEquals(living(chat), []);
  await chat.close();
});

Deno.test("a socket that fails ends its own connection; what the room says reaches the others", async () => {
  const chat = await FakeChat.open();
  const hub = await chat.hub("lobby");
  const b = await chat.connect(bob);
  await chat.enter(hub, b);
  const [carol, dora, eve] = ["carol", "dora", "eve"].map((name) =>
    new FakeConnection(chat, { room: "lobby", view: "bare", user: user(name) })
  );
  assert(carol && dora && eve);
  await chat.advance(2 * GATHER_MS);
  for (const each of [carol, dora, eve]) each.lines();
  dora.send = () => {
    throw new TypeError("a fault of the transport");
  };
  chat.say(hub, b, "to everyone");
  await chat.settle();
  assertEquals([carol.lines(), eve.lines()], [["to everyone"], ["to everyone"]]);
  assertEquals(dora.closes.map(({ code }) => code), [CLOSE.internalError]);
  assertEquals([carol.closes, eve.closes], [[], []]);
  for (const each of [carol, dora, eve]) each.end();
  await chat.close();
});

Deno.test("a client that does not read is closed with 1013, and the others get everything", async () => {
  const chat = await FakeChat.open();
  const hub = await chat.hub("lobby");
  const b = await chat.connect(bob);
  await chat.enter(hub, b);
  const socket = new FakeConnection(chat, { room: "lobby" });
  await chat.settle();
  socket.takes = false;
  for (let turn = 0; turn < WRITER_BOUND + 3; turn++) {
    chat.say(hub, b, "x");
    await chat.settle();
  }
  assertEquals(socket.closes.map(({ code }) => code), [CLOSE.tooSlow]);
  assertEquals(b.news().filter((line) => line.endsWith(" x")).length, WRITER_BOUND + 3);
  await chat.advance(DEFAULT_TIMES.writeTimeoutMs);
  assertEquals(socket.terminated, 1);
  // Dropped once, so told once.
  assertEquals(socket.observed, ["opened", "too slow: queue"]);
  socket.end();
  await chat.close();
});

Deno.test("who is told to go is sent what was said before", async () => {
  const chat = await FakeChat.open();
  const socket = new FakeConnection(chat, { room: "lobby" });
  await chat.settle();
  socket.lines();
  socket.says({ type: "ping", id: "p" });
  await chat.settle();
  chat.board.tell({ type: "end_sessions", user: "alice", code: CLOSE.unauthorized, reason: "out" });
  await chat.settle();
  assertEquals(socket.heard(), ["pong p"]);
  assertEquals(socket.closes, [{ code: CLOSE.unauthorized, reason: "out" }]);
  socket.end({ code: CLOSE.unauthorized, reason: "" });
  await chat.settle();
  assertEquals(socket.observed, ["opened", "ping", `closed ${CLOSE.unauthorized}`]);
  await chat.close();
});

Deno.test("a connection ends with the session behind its token, and leaves no timer before", async () => {
  const chat = await FakeChat.open();
  const timers = chat.clock.pending;
  const expiresAt = chat.clock.now() + 36 * 3600_000;
  const gone = new FakeConnection(chat, { expiresAt, user: bob });
  await chat.settle();
  gone.end();
  await chat.advance(GRACE_MS);
  assertEquals(chat.clock.pending, timers);
  const socket = new FakeConnection(chat, { expiresAt, view: "text" });
  // Nobody asks whether it is there.
  socket.canPing = false;
  await chat.settle();
  for (let hour = 0; hour < 35; hour++) {
    await chat.advance(3600_000);
    assertEquals(socket.closes, []);
  }
  await chat.advance(3600_000);
  assertEquals(socket.closes.map(({ code }) => code), [CLOSE.unauthorized]);
  socket.end();
  await chat.advance(GRACE_MS);
  assertEquals(chat.clock.pending, timers);
  await chat.close();
});

Deno.test("a session that has ended says nothing more, and goes, however little by little it reads", async () => {
  const chat = await FakeChat.open();
  const lobby = await chat.hub("lobby");
  const b = await chat.connect(bob);
  await chat.enter(lobby, b);
  for (let i = 0; i < 400; i++) chat.say(lobby, b, `${i}`.padEnd(4_000, "x"));
  await chat.settle();
  const expiresAt = chat.clock.now() + 1_000;
  const socket = new FakeConnection(chat, { expiresAt });
  await chat.settle();
  socket.takes = false;
  socket.says({ type: "join", room: "lobby", since: 0 });
  await chat.advance(1_000);
  b.lines();
  socket.says({ type: "message", room: "lobby", content: "still here" });
  let waitedMs = 0;
  const stepMs = DEFAULT_TIMES.writeTimeoutMs - 1_000;
  for (; waitedMs < 20 * stepMs && socket.terminated === 0; waitedMs += stepMs) {
    await chat.advance(stepMs);
    socket.drain();
    socket.takes = false;
    await chat.settle();
  }
  assertEquals(b.lines().filter((line) => line.includes("still here")), []);
  assertEquals(socket.terminated, 1);
  assert(waitedMs <= 3 * stepMs, `after ${waitedMs} ms`);
  socket.end();
  await chat.close();
});
