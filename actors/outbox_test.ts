import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals } from "@std/assert";
import { CLOSE } from "../protocol/errors.ts";
import { type FakeSystem, turn } from "./fake_system.ts";
import { fakeWriter, TIMES } from "./fake_writer.ts";
import { WRITER_BOUND, WRITER_MAX_CHARS } from "./outbox.ts";
import { wakeWhenSettled } from "./phases.ts";
import { PIECE_MAX_CHARS } from "./pieces.ts";

/** Messages that all writers together were handed. */
function handled(fake: FakeSystem): number {
  return fake.system.inspect().reduce((sum, actor) => sum + actor.handled, 0);
}

Deno.test("while the socket takes them, frames leave without the writer", async () => {
  const { fake, socket, out } = fakeWriter();
  const texts = Array.from({ length: 2 * WRITER_BOUND }, (_, i) => `${i}`);
  for (const text of texts) {
    assert(out.say(text));
    await turn();
  }
  assertEquals([socket.texts, handled(fake)], [texts, 0]);
  await fake.system.stop();
});

Deno.test("what several rooms say in a turn is one frame, and no frame of theirs is written to", async () => {
  const { fake, socket, out } = fakeWriter();
  const beside = fakeWriter({ fake });
  const [one, two] = [{ text: "one" }, { text: "two" }];
  out.send(one);
  out.send(two);
  out.say("me");
  out.say("me again");
  beside.out.send(one);
  await fake.settle();
  assertEquals(socket.texts, ["one\ntwo\nme\nme again"]);
  assertStrictEquals(beside.socket.frames[0], one);
  assertEquals([one.text, two.text], ["one", "two"]);
  await fake.system.stop();
});

Deno.test("what is long begins in one frame with what was said before, and is one with it if it is not long", async () => {
  const { fake, socket, out } = fakeWriter();
  const frames = (...texts: string[]) => texts.map((text) => ({ text })).values();
  for (const pieces of [frames(), frames("a"), frames("a", "b", "c")]) {
    out.say("joined");
    out.sayLong(pieces);
    out.say("live");
    await fake.settle();
  }
  assertEquals(socket.texts, [
    "joined\nlive",
    "joined\na\nlive",
    ...["joined\na", "b", "c", "live"],
  ]);
  await fake.system.stop();
});

Deno.test("of what is long no more waits than a piece, also when the first of it fills the socket", async () => {
  const { fake, socket, out, overflows } = fakeWriter();
  const lines = Array.from({ length: 40 }, (_, i) => `${i} `.padEnd(PIECE_MAX_CHARS, "x"));
  assert(lines.length * PIECE_MAX_CHARS > 2 * WRITER_MAX_CHARS);
  let made = 0;
  socket.takes = false;
  out.say("joined");
  out.sayLong(lines.values().map((text) => (made++, { text })));
  out.say("live");
  for (let sent = 1; socket.texts.at(-1) !== "live" && sent < 60; sent++) {
    await fake.settle();
    assert(made <= socket.texts.length + 2, `${made} made, ${socket.texts.length} sent`);
    socket.drain();
    socket.takes = false;
  }
  assertEquals(socket.texts.join("\n"), ["joined", ...lines, "live"].join("\n"));
  assertEquals(overflows(), 0);
  socket.drain();
  await fake.system.stop();
});

Deno.test("a turn may bring more than may wait, while the socket takes it", async () => {
  const { fake, socket, out, overflows } = fakeWriter();
  const long = `${"x".repeat(PIECE_MAX_CHARS / 2)}\n`.repeat(12).trim();
  const said = Array.from({ length: 3 * WRITER_BOUND }, (_, i) => `${i}`);
  said.splice(10, 0, long, long, long);
  assert(3 * long.length > WRITER_MAX_CHARS);
  for (const [i, text] of said.entries()) {
    assert(i % 3 === 0 ? out.say(text) : out.send({ text }), `refused ${i}`);
  }
  await fake.settle();
  assertEquals(socket.texts.join("\n"), said.join("\n"));
  assertEquals(overflows(), 0);
  await fake.system.stop();
});

Deno.test("a long frame on a slow line has the write timeout for each of its pieces", async () => {
  const { fake, socket, out } = fakeWriter();
  const lines = Array.from({ length: 20 }, (_, i) => `${i}`.repeat(PIECE_MAX_CHARS / 4));
  lines.push("z".repeat(2 * PIECE_MAX_CHARS), "the end");
  socket.takes = false;
  out.say(lines.join("\n"));
  await fake.settle();
  for (let time = 0; time < 30 && socket.texts.at(-1) !== "beside"; time++) {
    if (time === 1) out.say("beside");
    await fake.advance(TIMES.writeTimeoutMs - 1);
    socket.drain();
    socket.takes = false;
    await fake.settle();
  }
  assertEquals(socket.texts.join("\n"), [...lines, "beside"].join("\n"));
  assert(socket.texts.length > 5, `${socket.texts.length} pieces`);
  assertEquals(socket.terminated, 0);
  socket.drain();
  await fake.system.stop();
});

Deno.test("what is asked for at once is read together while it is little, and in order", async () => {
  const { fake, out } = fakeWriter();
  const begun: number[] = [];
  const gate = Promise.withResolvers<void>();
  const asked = [50, 50, 50, 1, 1_000, 1].map((rows, at) =>
    out.inTurn(rows, async () => {
      begun.push(at);
      await gate.promise;
    })
  );
  await fake.settle();
  assertEquals(begun, [0, 1]);
  gate.resolve();
  await Promise.all(asked);
  assertEquals(begun, [0, 1, 2, 3, 4, 5]);
  await fake.system.stop();
});

Deno.test("what cannot be read holds back nothing that is asked for after it", async () => {
  const { fake, out } = fakeWriter();
  const fails = out.inTurn(1_000, () => Promise.reject(new Error("gone")));
  const next = out.inTurn(1_000, () => Promise.resolve("read"));
  await assertRejects(() => fails, Error, "gone");
  assertEquals(await next, "read");
  await fake.system.stop();
});

Deno.test("what is asked for at once is read one after the other, when the socket has taken what came before", async () => {
  const { fake, socket, out, overflows } = fakeWriter();
  const answer = `${"x".repeat(PIECE_MAX_CHARS)}\n`.repeat(20).trim();
  let read = 0;
  let said = 0;
  socket.takes = false;
  for (let asked = 0; asked < 3; asked++) {
    void out.inTurn(1_000, () => Promise.resolve(++read)).then(() =>
      said += out.say(answer) ? 1 : 0
    );
  }
  await fake.settle();
  assertEquals([read, said], [1, 1]);
  for (let time = 0; time < 200 && read < 3; time++) {
    socket.drain();
    socket.takes = false;
    await fake.settle();
    if (read < 2) assert(socket.texts.length < 20 || said === 1);
  }
  for (let time = 0; time < 30; time++) {
    socket.drain();
    await fake.settle();
  }
  assertEquals([read, said, overflows()], [3, 3, 0]);
  assertEquals(socket.texts.join("\n"), [answer, answer, answer].join("\n"));
  await fake.system.stop();
});

Deno.test("what waits for a socket that ends is read all the same, and by nobody", async () => {
  const { fake, socket, out, ref } = fakeWriter();
  socket.takes = false;
  out.say("a");
  await fake.settle();
  const read = out.inTurn(1, () => Promise.resolve("read"));
  socket.end();
  await ref.stop();
  assertEquals([await read, out.say("late")], ["read", false]);
  await fake.settle();
});

Deno.test("what comes while the socket is full waits behind what came before, and then goes straight again", async () => {
  const { fake, socket, out } = fakeWriter();
  socket.takes = false;
  out.say("a");
  await fake.settle();
  for (const text of ["b", "c"]) {
    out.send({ text });
    await fake.settle();
  }
  assertEquals(socket.texts, ["a"]);
  socket.drain();
  await fake.settle();
  const before = handled(fake);
  out.say("d");
  await fake.settle();
  assertEquals(socket.texts, ["a", "b\nc", "d"]);
  assertEquals(handled(fake), before, "the writer was asked though the socket takes frames again");
  await fake.system.stop();
  assertEquals(fake.clock.pending, 0);
});

Deno.test("a single shared frame that had to wait goes out as it is, too", async () => {
  const { fake, socket, out } = fakeWriter();
  socket.takes = false;
  out.say("a");
  await fake.settle();
  const shared = { text: "to everyone" };
  out.send(shared);
  socket.drain();
  await fake.settle();
  assertStrictEquals(socket.frames[1], shared);
  await fake.system.stop();
});

Deno.test("what is said in the turn that fills the socket is kept, and may be added to", async () => {
  const { fake, socket, out } = fakeWriter();
  socket.takes = false;
  out.say("a");
  // Woken after what sends the turn's frame and before the writer.
  wakeWhenSettled(() => out.say("b"));
  await fake.settle();
  out.say("c");
  await fake.settle();
  assertEquals(socket.texts, ["a"]);
  socket.drain();
  await fake.settle();
  assertEquals(socket.texts, ["a", "b\nc"]);
  await fake.system.stop();
});

Deno.test("what is said in the turn that fills the socket counts among the frames that wait", async () => {
  const { fake, socket, out, overflows } = fakeWriter();
  socket.takes = false;
  out.say("a");
  wakeWhenSettled(() => {
    for (let frame = 0; frame < WRITER_BOUND / 2; frame++) assert(out.send({ text: "x" }));
  });
  await fake.settle();
  for (let frame = 0; frame < WRITER_BOUND / 2; frame++) assert(out.send({ text: "x" }));
  assertEquals(overflows(), 0);
  assertFalse(out.send({ text: "one too many" }));
  assertEquals([overflows(), socket.texts], [1, ["a"]]);
  socket.end();
  await fake.system.stop();
});

Deno.test("what is said in the turn that fills the socket counts by its characters, until it is sent", async () => {
  const { fake, socket, out, overflows } = fakeWriter();
  const half = { text: "x".repeat(WRITER_MAX_CHARS / 2) };
  for (let time = 0; time < 3; time++) {
    socket.takes = false;
    out.say("a");
    wakeWhenSettled(() => out.send(half));
    await fake.settle();
    assert(out.send(half), "what has been sent was counted");
    await fake.settle();
    socket.drain();
    await fake.settle();
  }
  assertEquals(socket.texts.join("\n").split("\n").length, 9);
  socket.takes = false;
  out.say("a");
  wakeWhenSettled(() => out.send(half));
  await fake.settle();
  out.send(half);
  assertFalse(out.send({ text: "x" }), "what waits was not counted");
  assertEquals(overflows(), 1);
  socket.end();
  await fake.system.stop();
});

Deno.test("a socket that drains before the writer looks is not waited for", async () => {
  const { fake, clock, socket, out } = fakeWriter();
  await fake.settle();
  const timers = clock.pending;
  socket.takes = false;
  out.say("a");
  wakeWhenSettled(() => {
    assertEquals(socket.texts, ["a"]);
    socket.drain();
    out.say("b");
  });
  await fake.settle();
  assertEquals([socket.texts, clock.pending], [["a", "b"], timers]);
  await fake.advance(TIMES.writeTimeoutMs);
  assertEquals(socket.terminated, 0);
  await fake.system.stop();
});

Deno.test("a socket that ends while it is full is waited for no longer", async () => {
  const { fake, clock, socket, out, ref } = fakeWriter();
  socket.takes = false;
  out.say("a");
  await fake.settle();
  socket.end();
  await ref.stop();
  assertEquals([clock.pending, socket.terminated], [0, 0]);
});

Deno.test("however a socket fills and drains, everything is sent once and in order", async () => {
  for (let seed = 1; seed <= 100; seed++) {
    const { fake, socket, out, ref } = fakeWriter();
    const random = sequence(seed);
    const said: string[] = [];
    const act = () => {
      const dice = random();
      const text = `${said.length}`;
      if (dice < 0.7) {
        said.push(text);
        assert(dice < 0.4 ? out.say(text) : out.send({ text }));
      } else if (dice < 0.8) socket.takes = false;
      else socket.drain();
    };
    for (let step = 0; step < 60; step++) {
      const dice = random();
      if (dice < 0.3) act();
      else if (dice < 0.6) wakeWhenSettled(act);
      else if (dice < 0.9) void hops(40 * random()).then(act);
      else await hops(40 * random());
    }
    await fake.settle();
    socket.drain();
    await fake.settle();
    assertEquals(socket.texts.join("\n"), said.join("\n"), `seed ${seed}`);
    await ref.stop();
  }
});

Deno.test("a close waits for the full socket with what was said before it", async () => {
  const { fake, clock, socket, out, ref } = fakeWriter();
  await fake.settle();
  socket.takes = false;
  // The writer is woken for this already, and so before what sends the turn's frame.
  clock.advance(TIMES.heartbeatMs);
  out.say("a");
  out.close(CLOSE.goingAway, "bye");
  assertFalse(out.say("late"));
  await fake.settle();
  assertEquals([socket.texts, socket.closes.length], [["a"], 0]);
  socket.drain();
  await ref.stopped;
  assertEquals([socket.texts, socket.closes.length, clock.pending], [["a"], 1, 0]);
});

Deno.test("nothing is sent after a close, not even for a peer that fell silent", async () => {
  const { fake, clock, socket, out, ref } = fakeWriter();
  const done: string[] = [];
  socket.send = ({ text }) => done.push(text) > 0;
  socket.close = (code) => {
    done.push(`close ${code}`);
    assertFalse(out.say("late"));
  };
  await fake.advance(TIMES.heartbeatMs);
  await fake.settle();
  clock.advance(TIMES.idleTimeoutMs - TIMES.heartbeatMs);
  out.say("news");
  await ref.stopped;
  await fake.settle();
  assertEquals(done, ["ping", "news", `close ${CLOSE.heartbeatTimeout}`]);
});

Deno.test("an outbox whose writer is stopped sends what it took, and refuses what comes", async () => {
  const { fake, socket, out, ref, overflows } = fakeWriter();
  out.say("a");
  const stopped = ref.stop();
  assertFalse(out.send({ text: "late" }));
  await stopped;
  assertFalse(out.say("too late"));
  await fake.settle();
  assertEquals([socket.texts, overflows()], [["a"], 0]);
});

Deno.test("a socket that fails to take a frame ends its writer, and what others are sent in that turn arrives", async () => {
  const { fake, socket, out, ref } = fakeWriter();
  const others = [fakeWriter({ fake }), fakeWriter({ fake })];
  socket.send = () => {
    throw new TypeError("a fault of the transport");
  };
  const shared = { text: "to everyone" };
  for (const each of [others[0], { out }, others[1]]) each?.out.send(shared);
  const ending = await ref.stopped;
  assertEquals(ending.kind, "failed");
  assertFalse(out.send(shared));
  await fake.settle();
  assertEquals(others.map((each) => each.socket.texts), [["to everyone"], ["to everyone"]]);
  assertEquals(fake.failures.length, 1);
  await fake.system.stop();
});

/** Numbers from 0 to 1 that look random and are the same each time (Lehmer's, minimal standard). */
function sequence(seed: number): () => number {
  let state = seed;
  return () => (state = state * 48_271 % 0x7fff_ffff) / 0x7fff_ffff;
}

/** Resolves so many microtasks later. */
async function hops(count: number): Promise<void> {
  for (let hop = 0; hop < count; hop++) await undefined;
}
