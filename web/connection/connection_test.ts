import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { ADOPT_EVERY_MS, Connection } from "./connection.ts";
import { FakeChannels, FakeClock, FakeServer, FakeStorage, settle } from "./fakes.ts";
import type { Outgoing } from "./outbox.ts";
import { REPLY_DOUBT_MS, REPLY_TIMEOUT_MS } from "./requests.ts";
import { PROBE_TIMEOUT_MS } from "./line.ts";
import { ROLL_CALL_MS, Tabs } from "./tabs.ts";
import { LineLost, Refused, type ServerEvent } from "./wire.ts";

interface World {
  readonly clock: FakeClock;
  readonly server: FakeServer;
  readonly storage: FakeStorage;
  readonly channels: FakeChannels;
}
let keys = 0;

function world(): World {
  return {
    clock: new FakeClock(),
    server: new FakeServer(),
    storage: new FakeStorage(),
    channels: new FakeChannels(),
  };
}

function page({ clock, server, storage, channels }: World, tab = "tab-1") {
  const events: ServerEvent[] = [];
  const sent: string[] = [];
  const refused: string[] = [];
  let outbox: readonly Outgoing[] = [];
  const tabs = new Tabs(tab, channels.open(), clock, () => {});
  const connection = new Connection({
    open: server.open,
    clock,
    random: () => 0.5,
    storage,
    storagePrefix: (user) => `${user}:`,
    tabs,
    newKey: () => `key-${++keys}`,
    onState() {},
    onEvent: (event) => events.push(event),
    onOutbox: (entries) => outbox = entries,
    onSent: (entry) => sent.push(entry.content),
    onRefused: (room, { code }) => refused.push(`${room} ${code}`),
  });
  connection.assume("alice");
  return {
    connection,
    tabs,
    sent,
    refused,
    events,
    outbox: () => outbox,
    /** What the page would show of a room. */
    shown: (room: string) =>
      events.flatMap((event) =>
        event.type === "message" && event.room === room ? [event.content] : []
      ),
  };
}

async function inLobby(w: World, tab?: string) {
  const p = page(w, tab);
  p.connection.start();
  p.connection.enter("lobby", 50).catch(() => {});
  await settle();
  return p;
}

Deno.test("a message that is written on line is sent at once", async () => {
  const w = world();
  const { connection, outbox } = await inLobby(w);
  connection.say("lobby", "hello");
  await settle();
  assertEquals(w.server.contents("lobby"), ["hello"]);
  assertEquals(outbox(), []);
});

Deno.test("messages written off line are sent once, in order, when the line is back", async () => {
  const w = world();
  const { connection, outbox } = await inLobby(w);
  w.server.isReachable = false;
  w.server.cut();
  for (const content of ["one", "two", "three"]) connection.say("lobby", content);
  await w.clock.advance(60_000);
  assertEquals(outbox().map((entry) => entry.content), ["one", "two", "three"]);
  w.server.isReachable = true;
  await w.clock.advance(60_000);
  assertEquals(w.server.contents("lobby"), ["one", "two", "three"]);
  assertEquals(outbox(), []);
});

Deno.test("a message whose `sent` was lost is sent again under its key and stays one", async () => {
  const w = world();
  const { connection, outbox, shown } = await inLobby(w);
  w.server.intercept = (socket, command) => {
    if (command.type !== "message") return false;
    w.server.intercept = undefined;
    socket.isOpen = false;
    w.server.handle(socket, command);
    socket.isOpen = true;
    socket.end(1006);
    return true;
  };
  connection.say("lobby", "once");
  await w.clock.advance(5_000);
  assertEquals(w.server.contents("lobby"), ["once"]);
  assertEquals(shown("lobby"), ["once"]);
  assertEquals(outbox(), []);
});

Deno.test("what was not sent survives a reload", async () => {
  const w = world();
  w.server.isReachable = false;
  const before = page(w);
  before.connection.start();
  before.connection.say("lobby", "kept");
  await settle();
  before.connection.stop();
  before.tabs.close();

  w.server.isReachable = true;
  const after = page(w);
  assertEquals(after.outbox().map((entry) => entry.content), ["kept"]);
  after.connection.start();
  await w.clock.advance(1_000);
  assertEquals(w.server.contents("lobby"), ["kept"]);
  assertEquals([after.outbox(), w.storage.length], [[], 0]);
});

Deno.test("a message to a room that was never entered enters it first", async () => {
  const w = world();
  const { connection } = page(w);
  connection.start();
  connection.say("den", "knock");
  await settle();
  assertEquals(w.server.latest.commands.map((command) => command.type), ["join", "message"]);
});

Deno.test("a lasting refusal fails the message and lets the next one go", async () => {
  const w = world();
  const { connection, outbox } = await inLobby(w);
  w.server.intercept = (socket, { type, id: re, content }) => {
    if (type !== "message" || content !== "bad") return false;
    socket.say({ type: "error", re, code: "muted", message: "no" });
    return true;
  };
  const bad = connection.say("lobby", "bad");
  connection.say("lobby", "good");
  await settle();
  assertEquals(w.server.contents("lobby"), ["good"]);
  assertEquals(outbox().map((entry) => entry.failed?.code), ["muted"]);

  w.server.intercept = undefined;
  connection.retry(bad.key);
  await settle();
  assertEquals(w.server.contents("lobby"), ["good", "bad"]);
  assertEquals(w.server.log("lobby")[1]?.key, bad.key);
});

Deno.test("a failed message can be discarded", async () => {
  const w = world();
  const { connection, outbox } = page(w);
  const entry = connection.say("lobby", "never mind");
  connection.discard(entry.key);
  connection.start();
  await w.clock.advance(1_000);
  assertEquals([outbox(), w.server.contents("lobby"), w.storage.length], [[], [], 0]);
});

Deno.test("a passing refusal is tried again without changing the order", async () => {
  const w = world();
  const { connection } = await inLobby(w);
  let refusals = 2;
  w.server.intercept = (socket, { type, id: re }) => {
    if (type !== "message" || refusals-- <= 0) return false;
    socket.say({ type: "error", re, code: "rate_limited", message: "slow", retry_ms: 700 });
    return true;
  };
  connection.say("lobby", "first");
  connection.say("lobby", "second");
  await settle();
  assertEquals(w.server.contents("lobby"), []);
  await w.clock.advance(3_000);
  assertEquals(w.server.contents("lobby"), ["first", "second"]);
});

Deno.test("a room that cannot be entered fails what was written to it", async () => {
  const w = world();
  const { connection, outbox, refused } = page(w);
  w.server.intercept = (socket, { type, id: re }) => {
    if (type === "join") socket.say({ type: "error", re, code: "banned", message: "no" });
    return type === "join";
  };
  connection.start();
  connection.say("den", "knock");
  await settle();
  assertEquals(outbox().map((entry) => entry.failed?.code), ["banned"]);
  assertEquals(refused, ["den banned"]);
});

Deno.test("after a break a room goes on where it stopped: nothing missing, nothing twice", async () => {
  const w = world();
  const { shown } = await inLobby(w);
  w.server.append("lobby", "a");
  w.server.append("lobby", "b");
  w.server.isReachable = false;
  w.server.cut();
  w.server.append("lobby", "c");
  await w.clock.advance(5_000);
  w.server.isReachable = true;
  await w.clock.advance(40_000);
  w.server.append("lobby", "d");
  assertEquals(shown("lobby"), ["a", "b", "c", "d"]);
  assertEquals(w.server.latest.commands.find((c) => c.type === "join")?.["since"], 2);
});

Deno.test("a line that breaks in the middle of the backlog asks for the rest of it", async () => {
  const w = world();
  for (let i = 1; i <= 10; i++) w.server.append("lobby", String(i));
  w.server.intercept = (socket, command) => {
    if (command.type !== "join") return false;
    w.server.intercept = undefined;
    const say = socket.say;
    socket.say = (...events) => say.apply(socket, events.slice(0, 5));
    w.server.handle(socket, command);
    socket.end(1006);
    return true;
  };
  const { shown } = await inLobby(w);
  await w.clock.advance(1_000);
  assertEquals(shown("lobby"), ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
});

Deno.test("live events that overtake the backlog are not shown twice", async () => {
  const w = world();
  w.server.append("lobby", "old");
  w.server.intercept = (socket, command) => {
    if (command.type !== "join") return false;
    w.server.intercept = undefined;
    w.server.append("lobby", "overtaking");
    w.server.handle(socket, command);
    return true;
  };
  const { shown } = await inLobby(w);
  assertEquals(shown("lobby"), ["old", "overtaking"]);
});

Deno.test("an event that comes twice is shown once", async () => {
  const w = world();
  const { shown } = await inLobby(w);
  w.server.append("lobby", "a");
  w.server.append("lobby", "b");
  w.server.latest.say({ type: "message", room: "lobby", at: 5, seq: 1, content: "a", from: "bob" });
  assertEquals(shown("lobby"), ["a", "b"]);
});

Deno.test("a message that gets no answer is sent again although the line stays up", async () => {
  const w = world();
  const { connection, outbox } = await inLobby(w);
  let ignored = 0;
  w.server.intercept = (_socket, { type }) => type === "message" && ignored++ === 0;
  connection.say("lobby", "ignored once");
  await w.clock.advance(REPLY_TIMEOUT_MS + 5_000);
  assertEquals([w.server.opened.length, w.server.contents("lobby")], [1, ["ignored once"]]);
  assertEquals(outbox(), []);
});

Deno.test("a line that says nothing to a message is found dead and opened again", async () => {
  const w = world();
  const { connection } = await inLobby(w);
  w.server.intercept = () => true;
  connection.say("lobby", "into the void");
  await w.clock.advance(REPLY_DOUBT_MS + PROBE_TIMEOUT_MS);
  assertEquals(connection.state.status, "waiting");
  w.server.intercept = undefined;
  await w.clock.advance(1_000);
  assertEquals(w.server.contents("lobby"), ["into the void"]);
});

Deno.test("messages of one moment, or after the clock was put back, keep their order", async () => {
  const w = world();
  w.server.isReachable = false;
  const { connection } = page(w);
  const wanted = Array.from({ length: 8 }, (_, i) => String(i));
  for (const content of wanted) connection.say("lobby", content);
  // As a browser may list them after a reload.
  const stored = [...w.storage.items].sort(([a], [b]) => b.localeCompare(a));
  w.storage.items.clear();
  for (const [key, value] of stored) w.storage.items.set(key, value);
  const after = page(w);
  assertEquals(after.outbox().map((entry) => entry.content), wanted);
  w.server.isReachable = true;
  after.connection.start();
  await w.clock.advance(5_000);
  assertEquals(w.server.contents("lobby"), wanted);
});

Deno.test("in a room one message is under way at a time, so that they stay in order", async () => {
  const w = world();
  const { connection } = await inLobby(w);
  const replies: (() => void)[] = [];
  w.server.intercept = (socket, command) => {
    if (command.type !== "message") return false;
    replies.push(() => {
      w.server.intercept = undefined;
      w.server.handle(socket, command);
    });
    return true;
  };
  for (const content of ["one", "two", "three"]) connection.say("lobby", content);
  await settle();
  assertEquals(replies.length, 1);
  replies[0]!();
  await settle();
  assertEquals(w.server.contents("lobby"), ["one", "two", "three"]);
});

Deno.test("a hole in the live events is filled from the server", async () => {
  const w = world();
  const { shown } = await inLobby(w);
  w.server.append("lobby", "a");
  const { say } = w.server.latest;
  w.server.latest.say = () => {};
  w.server.append("lobby", "lost");
  w.server.latest.say = say;
  w.server.append("lobby", "b");
  await settle();
  assertEquals(shown("lobby"), ["a", "lost", "b"]);
});

Deno.test("a room entered without a backlog misses nothing afterwards", async () => {
  const w = world();
  w.server.append("lobby", "before");
  const { connection, shown } = page(w);
  connection.start();
  connection.enter("lobby", 0);
  await settle();
  w.server.isReachable = false;
  w.server.cut();
  w.server.append("lobby", "meanwhile");
  w.server.isReachable = true;
  await w.clock.advance(1_000);
  assertEquals(shown("lobby"), ["meanwhile"]);
});

Deno.test("a room is one however its name is written", async () => {
  const w = world();
  const { connection } = await inLobby(w);
  assertEquals(connection.isInside("#Lobby"), true);
});

Deno.test("a room that was left is not entered again", async () => {
  const w = world();
  const { connection } = await inLobby(w);
  await connection.leave("lobby");
  w.server.cut();
  await w.clock.advance(1_000);
  assertEquals(w.server.latest.commands, []);
});

Deno.test("every command gets its own reply, its refusal, or learns that the line was lost", async () => {
  const w = world();
  const { connection } = page(w);
  await assertRejects(() => connection.ask<"ping">({ type: "ping" }), LineLost);
  connection.start();
  await settle();
  assertEquals((await connection.ask<"ping">({ type: "ping" })).type, "pong");

  w.server.intercept = (socket, { type, id: re }) => {
    if (type === "rooms") {
      socket.say({ type: "error", re, code: "busy", message: "later", retry_ms: 10 });
    }
    return true;
  };
  const refusal = await assertRejects(() => connection.ask<"rooms">({ type: "rooms" }), Refused);
  assertEquals([refusal.code, refusal.retryMs, refusal.passing], ["busy", 10, true]);

  const lost = connection.ask<"unread">({ type: "unread" }).catch((error: unknown) => error);
  await settle();
  w.server.cut();
  assertInstanceOf(await lost, LineLost);
});

Deno.test("a tab takes over what a closed tab left unsent, but not what a living one is sending", async () => {
  const w = world();
  w.server.isReachable = false;
  const closed = page(w, "closed");
  closed.connection.say("lobby", "orphan");
  closed.connection.stop();
  closed.tabs.close();
  const living = page(w, "living");
  living.connection.say("lobby", "cared for");

  w.server.isReachable = true;
  const heir = page(w, "heir");
  heir.connection.start();
  await w.clock.advance(ROLL_CALL_MS + 1_000);
  assertEquals(w.server.contents("lobby"), ["orphan"]);
  assertEquals(heir.outbox().map((entry) => entry.content), ["cared for"]);
});

Deno.test("what a tab leaves behind is taken over by one that was there all the time", async () => {
  const w = world();
  const heir = await inLobby(w, "heir");
  w.server.intercept = (_socket, { type }) => type === "message";
  const closing = await inLobby(w, "closing");
  closing.connection.say("lobby", "on its way");
  heir.connection.storageChanged(null);
  await w.clock.advance(ADOPT_EVERY_MS + ROLL_CALL_MS);
  assertEquals(w.server.contents("lobby"), []);
  closing.connection.stop();
  closing.tabs.close();
  w.server.intercept = undefined;
  await w.clock.advance(ADOPT_EVERY_MS + ROLL_CALL_MS);
  assertEquals(w.server.contents("lobby"), ["on its way"]);
  assertEquals(heir.outbox(), []);
});

Deno.test("two tabs that send the same left-over message make one", async () => {
  const w = world();
  w.server.isReachable = false;
  const closed = page(w, "closed");
  closed.connection.say("lobby", "orphan");
  closed.connection.stop();
  closed.tabs.close();
  w.server.isReachable = true;
  const [a, b] = [page(w, "a"), page(w, "b")];
  a.connection.start();
  b.connection.start();
  await w.clock.advance(ROLL_CALL_MS + 2_000);
  assertEquals(w.server.contents("lobby"), ["orphan"]);
  assertEquals([a.outbox(), b.outbox()], [[], []]);
});

Deno.test("a tab learns from the storage what another tab wrote and sent", async () => {
  const w = world();
  const a = page(w, "a");
  const b = page(w, "b");
  const entry = a.connection.say("lobby", "hi");
  b.connection.storageChanged([...w.storage.items.keys()][0] ?? null);
  assertEquals(b.outbox().map((e) => e.content), ["hi"]);
  a.connection.discard(entry.key);
  b.connection.storageChanged(null);
  assertEquals(b.outbox(), []);
  await settle();
});

Deno.test("what somebody else left on this machine is neither shown nor sent", async () => {
  const w = world();
  w.server.isReachable = false;
  const mine = page(w);
  mine.connection.say("lobby", "alice's");
  mine.connection.stop();
  w.server.isReachable = true;
  w.server.user = "bob";
  const other = page(w);
  other.connection.assume("bob");
  other.connection.start();
  await w.clock.advance(2_000);
  assertEquals([other.outbox(), w.server.contents("lobby")], [[], []]);
  assertEquals(w.storage.length, 1);
});

Deno.test("storage that throws costs the reload, not the message", async () => {
  const w = world();
  w.storage.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  const { connection } = await inLobby(w);
  connection.say("lobby", "still sent");
  await settle();
  assertEquals(w.server.contents("lobby"), ["still sent"]);
});
