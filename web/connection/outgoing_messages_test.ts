import { assertEquals } from "@std/assert";
import { inLobby, page, world } from "./fake_page.ts";
import { settle } from "./fakes.ts";
import { ADOPT_EVERY_MS } from "./outgoing_messages.ts";
import { REPLY_TIMEOUT_MS } from "./requests.ts";
import { ROLL_CALL_MS } from "./tabs.ts";

Deno.test("a message that is written on line is sent at once", async () => {
  const w = world();
  const { connection, outbox } = await inLobby(w);
  connection.outgoing.say("lobby", "hello");
  await settle();
  assertEquals(w.server.contents("lobby"), ["hello"]);
  assertEquals(outbox(), []);
});

Deno.test("a message that the storage has no room for is sent all the same, whatever other tabs write", async () => {
  const w = world();
  const { connection, outbox } = await inLobby(w);
  w.server.isReachable = false;
  w.server.cut();
  const { setItem } = w.storage;
  w.storage.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  connection.outgoing.say("lobby", "kept in memory alone");
  w.storage.setItem = setItem;
  connection.outgoing.storageChanged(null);
  assertEquals(outbox().map(({ content }) => content), ["kept in memory alone"]);
  w.server.isReachable = true;
  await w.clock.advance(60_000);
  assertEquals(w.server.contents("lobby"), ["kept in memory alone"]);
  assertEquals(outbox(), []);
  connection.outgoing.storageChanged(null);
  assertEquals(outbox(), [], "what was sent came back");
});

Deno.test("messages written off line are sent once, in order, when the line is back", async () => {
  const w = world();
  const { connection, outbox } = await inLobby(w);
  w.server.isReachable = false;
  w.server.cut();
  for (const content of ["one", "two", "three"]) connection.outgoing.say("lobby", content);
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
  connection.outgoing.say("lobby", "once");
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
  before.connection.outgoing.say("lobby", "kept");
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
  connection.outgoing.say("den", "knock");
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
  const bad = connection.outgoing.say("lobby", "bad");
  connection.outgoing.say("lobby", "good");
  await settle();
  assertEquals(w.server.contents("lobby"), ["good"]);
  assertEquals(outbox().map((entry) => entry.failed?.code), ["muted"]);

  w.server.intercept = undefined;
  connection.outgoing.retry(bad.key);
  await settle();
  assertEquals(w.server.contents("lobby"), ["good", "bad"]);
  assertEquals(w.server.log("lobby")[1]?.key, bad.key);
});

Deno.test("a failed message can be discarded", async () => {
  const w = world();
  const { connection, outbox } = page(w);
  const entry = connection.outgoing.say("lobby", "never mind");
  connection.outgoing.discard(entry.key);
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
  connection.outgoing.say("lobby", "first");
  connection.outgoing.say("lobby", "second");
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
  connection.outgoing.say("den", "knock");
  await settle();
  assertEquals(outbox().map((entry) => entry.failed?.code), ["banned"]);
  assertEquals(refused, ["den banned"]);
});

Deno.test("a message that gets no answer is sent again although the line stays up", async () => {
  const w = world();
  const { connection, outbox } = await inLobby(w);
  let ignored = 0;
  w.server.intercept = (_socket, { type }) => type === "message" && ignored++ === 0;
  connection.outgoing.say("lobby", "ignored once");
  await w.clock.advance(REPLY_TIMEOUT_MS + 5_000);
  assertEquals([w.server.opened.length, w.server.contents("lobby")], [1, ["ignored once"]]);
  assertEquals(outbox(), []);
});

Deno.test("messages of one moment, or after the clock was put back, keep their order", async () => {
  const w = world();
  w.server.isReachable = false;
  const { connection } = page(w);
  const wanted = Array.from({ length: 8 }, (_, i) => String(i));
  for (const content of wanted) connection.outgoing.say("lobby", content);
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
  for (const content of ["one", "two", "three"]) connection.outgoing.say("lobby", content);
  await settle();
  assertEquals(replies.length, 1);
  replies[0]!();
  await settle();
  assertEquals(w.server.contents("lobby"), ["one", "two", "three"]);
});

Deno.test("a tab takes over what a closed tab left unsent, but not what a living one is sending", async () => {
  const w = world();
  w.server.isReachable = false;
  const closed = page(w, "closed");
  closed.connection.outgoing.say("lobby", "orphan");
  closed.connection.stop();
  closed.tabs.close();
  const living = page(w, "living");
  living.connection.outgoing.say("lobby", "cared for");

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
  closing.connection.outgoing.say("lobby", "on its way");
  heir.connection.outgoing.storageChanged(null);
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
  closed.connection.outgoing.say("lobby", "orphan");
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
  const entry = a.connection.outgoing.say("lobby", "hi");
  b.connection.outgoing.storageChanged([...w.storage.items.keys()][0] ?? null);
  assertEquals(b.outbox().map((e) => e.content), ["hi"]);
  a.connection.outgoing.discard(entry.key);
  b.connection.outgoing.storageChanged(null);
  assertEquals(b.outbox(), []);
  await settle();
});

Deno.test("what somebody else left on this machine is neither shown nor sent", async () => {
  const w = world();
  w.server.isReachable = false;
  const mine = page(w);
  mine.connection.outgoing.say("lobby", "alice's");
  mine.connection.stop();
  w.server.isReachable = true;
  w.server.user = "bob";
  const other = page(w);
  other.connection.outgoing.assume("bob");
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
  connection.outgoing.say("lobby", "still sent");
  await settle();
  assertEquals(w.server.contents("lobby"), ["still sent"]);
});
