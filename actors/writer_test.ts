import { assert, assertEquals, assertFalse, assertStrictEquals } from "@std/assert";
import { CLOSE } from "../protocol/errors.ts";
import { FakeRef } from "./fake_ref.ts";
import { type FakeSystem, turn } from "./fake_system.ts";
import { fakeWriter, TIMES } from "./fake_writer.ts";
import { Outbox, WRITER_BOUND, WRITER_MAX_CHARS, type WriterMessage } from "./outbox.ts";

/** Turns the clock in small steps, saying or hearing something at each. */
async function pass(fake: FakeSystem, ms: number, each: () => void): Promise<void> {
  for (let passedMs = 0; passedMs < ms; passedMs += 500) {
    each();
    await fake.advance(500);
  }
}

Deno.test("all that is queued in a turn leaves as one frame, joined by newlines", async () => {
  const { socket, out, ref } = fakeWriter();
  for (const text of ["a", "b", "c"]) assert(out.send({ text }));
  await turn();
  out.say("d");
  await ref.stop();
  assertEquals(socket.texts, ["a\nb\nc", "d"]);
});

Deno.test("a single shared frame goes out as it is, so that it is encoded once for all", async () => {
  const { socket, out, ref } = fakeWriter();
  const shared = { text: "to everyone" };
  out.send(shared);
  await ref.stop();
  assertStrictEquals(socket.frames[0], shared);
});

Deno.test("more frames than may wait close the connection once, with 1013", async () => {
  const { fake, socket, out, ref, overflows } = fakeWriter();
  socket.takes = false;
  out.say("what fills the socket");
  await fake.settle();
  for (let frame = 0; frame < WRITER_BOUND; frame++) assert(out.send({ text: "x" }));
  assertFalse(out.say("one too many"));
  assertFalse(out.say("and another"));
  out.overflow();
  assertEquals(overflows(), 1);
  assertEquals(socket.closes.map(({ code }) => code), [CLOSE.tooSlow]);
  socket.end();
  await ref.stop();
});

Deno.test("what one connection is told again and again is one frame, and counts as one", async () => {
  const { socket, out, ref } = fakeWriter();
  const shared = { text: "to everyone" };
  for (let line = 0; line < 2 * WRITER_BOUND; line++) assert(out.say("x"));
  out.send(shared);
  assert(out.say("y"));
  await ref.stop();
  assertEquals(socket.closes, []);
  assertEquals(socket.texts, [`${"x\n".repeat(2 * WRITER_BOUND)}to everyone\ny`]);
  assertEquals(shared.text, "to everyone", "what others get too was written to");
});

Deno.test("what one connection is told counts by its characters too", async () => {
  const { fake, socket, out, ref, overflows } = fakeWriter();
  socket.takes = false;
  out.say("what fills the socket");
  await fake.settle();
  assert(out.say("x"));
  assert(out.say("x".repeat(WRITER_MAX_CHARS - 2)));
  assertFalse(out.say("x"));
  assertEquals(overflows(), 1);
  socket.end();
  await ref.stop();
});

Deno.test("more characters than may wait close the connection; one frame always may", async () => {
  const { fake, socket, out, ref, overflows } = fakeWriter();
  const fill = async () => {
    socket.takes = false;
    out.say("what fills the socket");
    await fake.settle();
  };
  await fill();
  assert(out.say("x".repeat(WRITER_MAX_CHARS + 1)), "a frame by itself may be of any length");
  socket.drain();
  await fake.settle();
  await fill();
  assert(out.send({ text: "x".repeat(WRITER_MAX_CHARS - 1) }), "what was sent counts as waiting");
  assert(out.send({ text: "x" }));
  assertFalse(out.send({ text: "x" }));
  assertEquals(overflows(), 1);
  socket.end();
  await ref.stop();
});

Deno.test("a socket that takes nothing for the write timeout is ended", async () => {
  const { fake, clock, socket, out, ref } = fakeWriter();
  socket.takes = false;
  out.say("a");
  await fake.advance(TIMES.writeTimeoutMs - 1);
  assertEquals(socket.terminated, 0);
  await fake.advance(1);
  assertEquals(socket.terminated, 1);
  await ref.stopped;
  assertFalse(out.say("b"), "an ended writer takes nothing");
  assertEquals({ closes: socket.closes, timers: clock.pending }, { closes: [], timers: 0 });
});

Deno.test("closing sends what is queued first, and nothing after it", async () => {
  const { clock, socket, out, ref } = fakeWriter();
  out.say("a");
  out.say("b");
  out.close(CLOSE.goingAway, "bye");
  out.say("late");
  out.close(CLOSE.policyViolation, "too late");
  await ref.stopped;
  assertEquals(socket.texts, ["a\nb"]);
  assertEquals(socket.closes, [{ code: CLOSE.goingAway, reason: "bye" }]);
  assertEquals(clock.pending, 0);
});

Deno.test("closing a connection whose queue is full closes it all the same", async () => {
  const { fake, socket, out, ref } = fakeWriter();
  socket.takes = false;
  out.say("a");
  await fake.settle();
  for (let frame = 0; frame < WRITER_BOUND; frame++) assert(out.send({ text: "x" }));
  out.close(CLOSE.policyViolation, "banned");
  assertEquals(socket.closes.length, 1, "the close was dropped");
  socket.drain();
  await ref.stop();
});

Deno.test("closing again and again is closing once", async () => {
  const { socket, out, ref, overflows } = fakeWriter();
  for (let time = 0; time < 2 * WRITER_BOUND; time++) out.close(CLOSE.policyViolation, "flooding");
  await ref.stopped;
  assertEquals(overflows(), 0);
  assertEquals(socket.closes, [{ code: CLOSE.policyViolation, reason: "flooding" }]);
});

Deno.test("a quiet line gets a ping, of the protocol and of the codec", async () => {
  const { fake, clock, socket, ref } = fakeWriter();
  await fake.advance(TIMES.heartbeatMs - 1);
  assertEquals({ pings: socket.pings, texts: socket.texts }, { pings: 0, texts: [] });
  await fake.advance(1);
  assertEquals({ pings: socket.pings, texts: socket.texts }, { pings: 1, texts: ["ping"] });
  await ref.stop();
  assertEquals(clock.pending, 0);
});

Deno.test("a text client gets protocol pings only", async () => {
  const { fake, socket, ref } = fakeWriter({ pingFrame: undefined });
  await fake.advance(TIMES.heartbeatMs);
  assertEquals({ pings: socket.pings, texts: socket.texts }, { pings: 1, texts: [] });
  await ref.stop();
});

Deno.test("a line that is busy both ways gets no ping", async () => {
  const { fake, socket, out, ref } = fakeWriter();
  await pass(fake, 10 * TIMES.heartbeatMs, () => {
    out.say("news");
    socket.alive();
  });
  assertEquals(socket.pings, 0);
  assertFalse(socket.texts.includes("ping"));
  await ref.stop();
});

Deno.test("a peer that answers its pings stays", async () => {
  const { fake, socket, ref } = fakeWriter();
  await pass(fake, 10 * TIMES.heartbeatMs, () => socket.alive());
  assertEquals(socket.closes, []);
  await ref.stop();
});

Deno.test("a silent peer that was asked is closed with 4008 when its time is over", async () => {
  const { fake, clock, socket, ref } = fakeWriter();
  await fake.advance(TIMES.heartbeatMs);
  await fake.advance(TIMES.idleTimeoutMs - TIMES.heartbeatMs - 1);
  assertEquals(socket.closes, []);
  await fake.advance(1);
  assertEquals(socket.closes.map(({ code }) => code), [CLOSE.heartbeatTimeout]);
  await ref.stopped;
  assertEquals(clock.pending, 0);
});

Deno.test("who falls silent in a busy room is closed with 4008 no later than anybody", async () => {
  const { fake, socket, out } = fakeWriter();
  await fake.advance(500);
  socket.alive();
  for (let silentMs = 0; silentMs < TIMES.idleTimeoutMs; silentMs += 100) {
    assertEquals(socket.closes, []);
    out.say("news");
    await fake.advance(100);
  }
  assertEquals(socket.closes.map(({ code }) => code), [CLOSE.heartbeatTimeout]);
});

Deno.test("a peer that was never asked is not taken for gone", async () => {
  const { fake, socket, out, ref } = fakeWriter();
  socket.canPing = false;
  await pass(fake, 10 * TIMES.idleTimeoutMs, () => out.say("news"));
  assertEquals(socket.closes, [], "a listener in a busy room was reaped without being asked");
  await ref.stop();
});

Deno.test("a listener that is first asked after a long busy time has time to answer", async () => {
  const { fake, socket, out, ref } = fakeWriter();
  socket.canPing = false;
  await pass(fake, 4 * TIMES.idleTimeoutMs, () => out.say("news"));
  await fake.advance(TIMES.heartbeatMs);
  assertEquals(socket.texts.at(-1), "ping");
  await fake.advance(TIMES.idleTimeoutMs - TIMES.heartbeatMs - 1);
  assertEquals(socket.closes, [], "it was asked and given no time");
  socket.alive();
  await fake.advance(TIMES.heartbeatMs);
  assertEquals(socket.closes, []);
  await ref.stop();
});

Deno.test("an outbox whose writer has ended refuses without a second ending", () => {
  const ref = new FakeRef<WriterMessage>();
  let overflows = 0;
  const out = new Outbox(ref, () => overflows++);
  void ref.stop();
  assertFalse(out.say("a"));
  out.close(CLOSE.goingAway, "bye");
  assertEquals(overflows, 0);
});
