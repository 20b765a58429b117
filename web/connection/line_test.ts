import { assertEquals, assertLess } from "@std/assert";
import { BACKOFF_MAX_MS, backoffMs } from "./backoff.ts";
import { FakeClock, FakeServer, settle } from "./fakes.ts";
import { CONNECT_TIMEOUT_MS, Line, type LineState, PROBE_TIMEOUT_MS } from "./line.ts";
import type { ServerEvent } from "./wire.ts";

function setUp(random = 0.5) {
  const clock = new FakeClock();
  const server = new FakeServer();
  const states: LineState[] = [];
  const events: ServerEvent[] = [];
  const line = new Line({
    open: server.open,
    clock,
    random: () => random,
    onState: (state) => states.push(state),
    onEvents: (batch) => events.push(...batch),
  });
  return { clock, server, line, states, events, statuses: () => states.map((s) => s.status) };
}

Deno.test("the backoff is random below a bound that doubles up to its maximum", () => {
  assertEquals(backoffMs(0, () => 0), 0);
  assertEquals([0, 1, 2, 3].map((n) => backoffMs(n, () => 0.5)), [250, 500, 1000, 2000]);
  assertEquals(backoffMs(1_000_000, () => 0.999999), BACKOFF_MAX_MS);
});

Deno.test("a line is online once the server has said welcome", async () => {
  const { line, statuses, events } = setUp();
  line.start();
  assertEquals(statuses(), ["connecting"]);
  await settle();
  assertEquals(statuses(), ["connecting", "online"]);
  assertEquals(events.map((event) => event.type), ["welcome"]);
});

Deno.test("a broken line is opened again after the backoff, which grows while that fails", async () => {
  const { clock, server, line, states } = setUp(0.999);
  line.start();
  await settle();
  server.isReachable = false;
  server.cut();
  const waits: number[] = [];
  for (let i = 0; i < 5; i++) {
    const state = line.state;
    if (state.status !== "waiting") throw new Error(`expected waiting, got ${state.status}`);
    waits.push(state.retryAt - clock.now());
    await clock.advance(state.retryAt - clock.now());
  }
  assertEquals(waits, [500, 999, 1998, 3996, 7992]);
  server.isReachable = true;
  await clock.advance(BACKOFF_MAX_MS);
  assertEquals(states.at(-1)?.status, "online");
});

Deno.test("after a stable time on line the backoff starts from the beginning", async () => {
  const { clock, server, line } = setUp(0.999);
  line.start();
  await settle();
  for (let i = 0; i < 4; i++) {
    server.cut();
    await clock.advance(8_000);
  }
  await clock.advance(20_000);
  server.latest.say({ type: "ping" });
  server.cut();
  const state = line.state;
  assertLess(state.status === "waiting" ? state.retryAt - clock.now() : Infinity, 501);
});

Deno.test("waking a waiting line opens it at once", async () => {
  const { clock, server, line, statuses } = setUp(0.999);
  line.start();
  await settle();
  server.cut();
  const before = clock.now();
  line.wake();
  await settle();
  assertEquals(clock.now(), before);
  assertEquals(statuses().at(-1), "online");
});

Deno.test("a line that is heard nothing of for two heartbeats is dead", async () => {
  const { clock, server, line, statuses } = setUp(0);
  line.start();
  await settle();
  const first = server.latest;
  await clock.advance(45_000);
  first.say({ type: "ping" });
  await clock.advance(51_000);
  assertEquals(server.opened.length, 1);
  await clock.advance(2_000);
  assertEquals(first.closedWith, 4008);
  assertEquals(server.opened.length, 2);
  assertEquals(statuses().slice(-3), ["waiting", "connecting", "online"]);
});

Deno.test("the server's ping is answered by pong", async () => {
  const { server, line } = setUp();
  line.start();
  await settle();
  server.latest.say({ type: "ping" });
  await settle();
  assertEquals(server.latest.commands, [{ type: "pong" }]);
});

Deno.test("waking an open line probes it: alive it stays, silent it is replaced", async () => {
  const { clock, server, line } = setUp(0);
  line.start();
  await clock.advance(10_000);
  line.wake();
  await clock.advance(PROBE_TIMEOUT_MS);
  assertEquals(server.opened.length, 1);

  server.intercept = (_, { type }) => type === "ping";
  await clock.advance(5_000);
  line.wake();
  await clock.advance(PROBE_TIMEOUT_MS + 10);
  assertEquals(server.opened.length, 2);
});

Deno.test("who wakes a silent line again and again does not put off finding it dead", async () => {
  const { clock, server, line } = setUp(0);
  line.start();
  await clock.advance(10_000);
  server.intercept = () => true;
  for (let woken = 0; woken < 4; woken++) {
    line.wake();
    await clock.advance(PROBE_TIMEOUT_MS / 3);
  }
  assertEquals(server.opened.length, 2);
  assertEquals(server.opened[0]?.commands.length, 1, "one question is enough");
});

Deno.test("a clock that is put back does not put off finding a line dead", async () => {
  const { clock, server, line } = setUp(0);
  line.start();
  await settle();
  clock.putBack(3_600_000);
  // Past the look that was due before: the next one is as soon as ever.
  await clock.advance(2 * 60_000);
  assertEquals(server.opened.length > 1, true, "the silent line is still believed");
});

Deno.test("a handshake that is never answered is given up", async () => {
  const { clock, server, line } = setUp();
  server.isSilent = true;
  line.start();
  await clock.advance(CONNECT_TIMEOUT_MS - 1);
  assertEquals(line.state.status, "connecting");
  await clock.advance(1);
  assertEquals(line.state.status, "waiting");
  assertEquals(server.latest.isOpen, false);
});

Deno.test("who is not let in does not come back by themselves", async () => {
  for (const [code, reason] of [[4001, "unauthorized"], [4003, "name_taken"]] as const) {
    const { clock, server, line } = setUp();
    line.start();
    await settle();
    server.cut(code);
    await clock.advance(120_000);
    assertEquals(line.state, { status: "stopped", reason });
    assertEquals(server.opened.length, 1);
    assertEquals(clock.pending, 0);
  }
});

Deno.test("a client that was closed for flooding waits longer", async () => {
  const { clock, server, line } = setUp(0);
  line.start();
  await settle();
  server.cut(1008);
  await clock.advance(4_900);
  assertEquals(server.opened.length, 1);
  await clock.advance(200);
  assertEquals(server.opened.length, 2);
});

Deno.test("what is said in one turn leaves in one frame, as far as frames go", async () => {
  const { server, line } = setUp();
  line.start();
  await settle();
  line.send('{"type":"a"}');
  line.send('{"type":"b"}');
  await settle();
  assertEquals(server.latest.frames, [[{ type: "a" }, { type: "b" }]]);
  const long = JSON.stringify({ type: "c", filling: "x".repeat(3_000) });
  line.send(long);
  line.send(long);
  await settle();
  assertEquals(server.latest.frames.length, 3);
});

Deno.test("a stopped line is silent and leaves no timer behind", async () => {
  const { clock, line, events, states } = setUp();
  line.start();
  await settle();
  line.stop();
  const [seen, heard] = [states.length, events.length];
  await clock.advance(300_000);
  assertEquals([states.length, events.length, clock.pending], [seen, heard, 0]);
  assertEquals(line.send("{}"), false);
});

Deno.test("frames that are not JSON objects with a type are passed over", async () => {
  const { server, line, events } = setUp();
  line.start();
  await settle();
  server.latest.onmessage?.(
    new MessageEvent("message", { data: 'x\n[]\n"a"\n{}\n{"type":"notice"}' }),
  );
  server.latest.onmessage?.(new MessageEvent("message", { data: new ArrayBuffer(3) }));
  assertEquals(events.map((event) => event.type), ["welcome", "notice"]);
});
