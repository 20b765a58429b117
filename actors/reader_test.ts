import { assert, assertEquals, assertFalse } from "@std/assert";
import { CLOSE } from "../protocol/errors.ts";
import { RATE_BURST_FACTOR } from "../protocol/limits.ts";
import { StoreError } from "../store/store.ts";
import { Budgets } from "./budgets.ts";
import { FakeChat } from "./fake_chat.ts";
import { FakeConnection, type FakeConnectionOptions } from "./fake_connection.ts";
import { user } from "./fake_session.ts";
import { Gate } from "./fake_store.ts";
import { READER_PAUSE_FRAMES } from "./inlet.ts";
import { FLOOD_REFUSALS_BURST } from "./reader.ts";

const RATE = 10;
const BURST = RATE * RATE_BURST_FACTOR;

/** A connection that has been welcomed. */
async function connected(chat: FakeChat, options: FakeConnectionOptions = {}) {
  const socket = new FakeConnection(chat, options);
  await chat.settle();
  socket.lines();
  return socket;
}

Deno.test("commands are answered in their order, many in a frame or one", async () => {
  const chat = await FakeChat.open();
  const socket = await connected(chat);
  socket.says('{"type":"ping","id":1}\n{"type":"rooms","id":2}\n\n{"type":"ping","id":"three"}');
  socket.says({ type: "pong" }, { type: "pong", id: 4 }, { type: "ping" });
  await chat.settle();
  assertEquals(socket.heard(), ["pong 1", "rooms 2", "pong three", "ok 4", "pong"]);
  socket.end();
  await chat.close();
});

Deno.test("what cannot be read is refused by name, and the socket stays", async () => {
  const chat = await FakeChat.open();
  const socket = await connected(chat);
  socket.says(
    "hello",
    "[]",
    { type: "dance", id: "d" },
    { type: "__proto__", id: "p" },
    { type: "join", id: "j" },
    { type: "message", room: "lobby", content: "x".repeat(10_000), id: "m" },
    { type: "join", room: "no such name", id: "n" },
    { type: "ping", id: "p" },
  );
  await chat.settle();
  assertEquals(socket.heard(), [
    "error bad_json",
    "error bad_json",
    "error d unknown_type",
    "error p unknown_type",
    "error j bad_command",
    "error m too_large",
    "error n bad_name",
    "pong p",
  ]);
  assertEquals(socket.closes, []);
  assertEquals(socket.observed.filter((code) => code.startsWith("bad")).length, 4);
  socket.end();
  await chat.close();
});

Deno.test("a text frame is one line to the room, blank ones nothing, and JSON is text", async () => {
  const chat = await FakeChat.open();
  const hub = await chat.hub("lobby");
  const b = await chat.connect(user("bob"));
  await chat.enter(hub, b);
  const socket = await connected(chat, { view: "text", room: "lobby" });
  socket.says(" two\r\nlines ", " \n ", '{"type":"ping"}', "x".repeat(10_000));
  await chat.settle();
  assertEquals(b.news().filter((line) => !line.includes("(")), [
    "1 two lines",
    '2 {"type":"ping"}',
  ]);
  const lines = socket.lines().sort();
  assertEquals(lines.slice(1), ["alice: two lines", 'alice: {"type":"ping"}'].sort());
  assert(lines[0]?.startsWith("! too_large"));
  socket.end();
  await chat.close();
});

Deno.test("faster than the rate is refused with when to try again, and then let through", async () => {
  const chat = await FakeChat.open();
  const socket = await connected(chat, { limits: { ratePerSecond: RATE } });
  for (let id = 0; id < BURST + 1; id++) socket.says({ type: "ping", id });
  socket.says({ type: "pong" }, { type: "pong", id: "asks" }, "not JSON");
  await chat.settle();
  const events = socket.lines().map((line) => JSON.parse(line));
  assertEquals(events.filter(({ type }) => type === "pong").length, BURST);
  assertEquals(events.slice(BURST).map(({ re, code }) => [re, code]), [
    [BURST, "rate_limited"],
    ["asks", "rate_limited"],
    [undefined, "rate_limited"],
  ]);
  await chat.advance(events[BURST].retry_ms);
  socket.says({ type: "ping", id: "again" });
  await chat.settle();
  assertEquals(socket.heard(), ["pong again"]);
  socket.end();
  await chat.close();
});

Deno.test("what a user says counts over all its connections; what it asks does not", async () => {
  const chat = await FakeChat.open();
  const budgets = new Budgets(chat.clock, RATE);
  const options = { limits: { ratePerSecond: RATE }, budgets, room: "lobby", history: 0 };
  const [one, other] = [await connected(chat, options), await connected(chat, options)];
  const say = (socket: FakeConnection, times: number) => {
    for (let id = 0; id < times; id++) {
      socket.says({ type: "message", room: "lobby", content: "x", id });
    }
  };
  say(one, BURST - 1);
  await chat.settle();
  one.lines();
  other.lines();
  say(other, 3);
  other.says({ type: "ping", id: "p" });
  await chat.settle();
  const replies = other.heard().filter((each) => !each.startsWith("message")).sort();
  assertEquals(replies, ["error 1 rate_limited", "error 2 rate_limited", "pong p", "sent 0"]);
  one.end();
  other.end();
  await chat.close();
});

Deno.test("text lines have the same rate", async () => {
  const chat = await FakeChat.open();
  const socket = await connected(chat, {
    view: "bare",
    room: "lobby",
    limits: { ratePerSecond: RATE },
  });
  for (let line = 0; line <= BURST; line++) socket.says(`${line}`);
  await chat.settle();
  const lines = socket.lines();
  assertEquals(lines.filter((line) => line.startsWith("! rate_limited")).length, 1);
  assertEquals(lines.length, BURST + 1);
  socket.end();
  await chat.close();
});

Deno.test("who does not listen to refusals is flooding and closed with 1008", async () => {
  const chat = await FakeChat.open();
  const socket = await connected(chat, { limits: { ratePerSecond: RATE } });
  const ping = '{"type":"ping"}';
  for (let frame = 0; frame < (BURST + FLOOD_REFUSALS_BURST) / 20; frame++) {
    socket.says(Array.from({ length: 20 }, () => ping).join("\n"));
  }
  await chat.settle();
  assertEquals(socket.closes, []);
  socket.says(...Array.from({ length: 50 }, () => ping));
  await chat.settle();
  assertEquals(socket.closes, [{ code: CLOSE.policyViolation, reason: "flooding" }]);
  const heard = socket.heard();
  assertEquals(heard.length, BURST + FLOOD_REFUSALS_BURST);
  socket.says({ type: "ping" });
  await chat.settle();
  assertEquals(socket.heard(), []);
  socket.end();
  await chat.close();
});

Deno.test("a store that does not answer a query is told by name, and the next one is asked", async () => {
  let fails = true;
  const chat = await FakeChat.open((store) => ({
    publicRooms: (limit) =>
      fails ? Promise.reject(new StoreError("io", "no")) : store.publicRooms(limit),
  }));
  const socket = await connected(chat);
  socket.says({ type: "rooms", id: "r" });
  await chat.settle();
  fails = false;
  socket.says({ type: "rooms", id: "s" });
  await chat.settle();
  assertEquals(socket.heard(), ["error r unavailable", "rooms s"]);
  assertEquals(socket.closes, []);
  socket.end();
  await chat.close();
});

Deno.test("while one query is read the rest waits, and the socket is paused", async () => {
  const gate = new Gate();
  const chat = await FakeChat.open((store) => ({
    publicRooms: async (limit) => gate.pass(await store.publicRooms(limit)),
  }));
  const socket = await connected(chat);
  gate.close();
  socket.says({ type: "rooms", id: "r" });
  await chat.settle();
  for (let id = 1; id < READER_PAUSE_FRAMES - 1; id++) socket.says({ type: "ping", id });
  assertFalse(socket.paused);
  socket.says({ type: "ping", id: "last" });
  assert(socket.paused, "a peer that sends on was not held back");
  await chat.settle();
  assertEquals(socket.heard(), []);
  gate.open();
  await chat.settle();
  assertFalse(socket.paused);
  const heard = socket.heard();
  assertEquals([heard.length, heard[0], heard.at(-1)], [
    READER_PAUSE_FRAMES,
    "rooms r",
    "pong last",
  ]);
  socket.end();
  await chat.close();
});
