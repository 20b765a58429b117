import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { inLobby, page, world } from "./fake_page.ts";
import { settle } from "./fakes.ts";
import { PROBE_TIMEOUT_MS } from "./line.ts";
import { REPLY_DOUBT_MS } from "./requests.ts";
import { LineLost, Refused } from "./wire.ts";

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

Deno.test("a room that began anew while the line was down goes on from there", async () => {
  const w = world();
  const { shown } = await inLobby(w);
  for (const content of ["old 1", "old 2", "old 3"]) w.server.append("lobby", content);
  w.server.isReachable = false;
  w.server.cut();
  w.server.logs.clear();
  w.server.append("lobby", "new 1");
  w.server.isReachable = true;
  await w.clock.advance(40_000);
  w.server.append("lobby", "new 2");
  assertEquals(shown("lobby").at(-1), "new 2");
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

Deno.test("a line that says nothing to a message is found dead and opened again", async () => {
  const w = world();
  const { connection } = await inLobby(w);
  w.server.intercept = () => true;
  connection.outgoing.say("lobby", "into the void");
  await w.clock.advance(REPLY_DOUBT_MS + PROBE_TIMEOUT_MS);
  assertEquals(connection.state.status, "waiting");
  w.server.intercept = undefined;
  await w.clock.advance(1_000);
  assertEquals(w.server.contents("lobby"), ["into the void"]);
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
