import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { HIGH_WATER_BYTES, type Socket } from "../../transport/socket.ts";
import { CLOSE_TIMEOUT_MS, KINDS, serveEcho } from "./echo_server.ts";
import { STALL_MS, until } from "../patience.ts";
import { RawClient } from "./raw_client.ts";

/** Sends until the peer that does not read makes `send` answer false and `bytes` wait. */
async function fill(socket: Socket, bytes = HIGH_WATER_BYTES): Promise<void> {
  const frame = { text: "x".repeat(32 * 1024) };
  let full = false;
  await until(`${bytes} bytes to wait`, () => {
    full ||= !socket.send(frame);
    return full && socket.waitingBytes >= bytes;
  });
}

for (const kind of KINDS) {
  Deno.test(`${kind}: send says when a peer does not read, onDrain when it has`, async () => {
    await using server = await serveEcho(kind);
    using client = await RawClient.open(server.port);
    const served = await server.connection(0);
    assertEquals(served.socket.send({ text: "small" }), true);
    await until("nothing to wait", () => served.socket.waitingBytes === 0);
    await fill(served.socket);
    assertEquals(served.drains, 0);
    assertGreater(served.socket.waitingBytes, HIGH_WATER_BYTES);
    const reading = (async () => {
      while (await client.readFrame());
    })();
    await until("a drain", () => served.drains === 1);
    assertLess(served.socket.waitingBytes, HIGH_WATER_BYTES);
    assertEquals(served.socket.send({ text: "more" }), true);
    client.destroy();
    await reading;
  });

  Deno.test(`${kind}: one peer that does not read leaves the others alone`, async () => {
    await using server = await serveEcho(kind);
    using _stuck = await RawClient.open(server.port);
    await fill((await server.connection(0)).socket);
    using client = await RawClient.open(server.port);
    for (let i = 0; i < 20; i++) {
      await client.text(`message ${i}`);
      assertEquals(await client.readText(), `message ${i}`);
    }
  });

  Deno.test(`${kind}: a peer that never answers a close is given up in time`, async () => {
    await using server = await serveEcho(kind);
    using client = await RawClient.open(server.port);
    const { socket, ends } = await server.connection(0);
    const start = performance.now();
    socket.close(1013, "too slow");
    socket.close(1000, "the first close counts");
    assertEquals(await client.readClose(), { code: 1013, reason: "too slow" });
    // Long before `ws`, or Deno, would give it up.
    await until("an end", () => ends.length > 0, CLOSE_TIMEOUT_MS + STALL_MS);
    assertGreater(performance.now() - start, CLOSE_TIMEOUT_MS * 0.9);
    assertEquals(ends, [{ code: 1013, reason: "too slow" }]);
  });

  Deno.test(`${kind}: terminate ends a peer that does not read, at once and once`, async () => {
    await using server = await serveEcho(kind, { closeTimeoutMs: 60_000 });
    using _stuck = await RawClient.open(server.port);
    const { socket, ends } = await server.connection(0);
    await fill(socket);
    socket.terminate();
    socket.terminate();
    socket.close(1000, "");
    assertEquals(ends.length, 0, "the end is not reported inside the call");
    // Long before the close would be given up.
    await until("an end", () => ends.length > 0, STALL_MS);
    assertEquals(ends, [{ code: 1006, reason: "" }]);
    assertEquals([socket.send({ text: "" }), socket.waitingBytes], [true, 0]);
  });

  Deno.test(`${kind}: a listener that throws costs its own connection only`, async () => {
    await using server = await serveEcho(kind, {
      onText: (text, { socket }) => {
        if (text === "bad") throw new Error("a bug");
        socket.send({ text });
      },
    });
    using bad = await RawClient.open(server.port);
    using good = await RawClient.open(server.port);
    const { ends } = await server.connection(0);
    await bad.text("bad");
    await bad.text("bad");
    await until("an end", () => ends.length > 0);
    await good.text("good");
    assertEquals(await good.readText(), "good");
    assertEquals(ends, [{ code: 1006, reason: "" }]);
    assertEquals(server.errors.map(({ error, where }) => [(error as Error).message, where]), [
      ["a bug", "onText"],
    ]);
  });
}

Deno.test("guarded: what terminate ends is freed: the peer's connection is gone", async () => {
  await using server = await serveEcho("guarded", { closeTimeoutMs: 60_000 });
  using stuck = await RawClient.open(server.port);
  const { socket } = await server.connection(0);
  await fill(socket);
  socket.terminate();
  // What the kernel had taken already is read; then comes the end.
  while (await stuck.readFrame());
});

Deno.test("guarded: a peer that reads nothing is freed when a close stays unanswered", async () => {
  await using server = await serveEcho("guarded");
  using stuck = await RawClient.open(server.port);
  const { socket, ends } = await server.connection(0);
  await fill(socket);
  socket.close(1013, "too slow");
  // Without the time-out of ours it would be the 30 s of `ws`.
  await until("an end", () => ends.length > 0, CLOSE_TIMEOUT_MS + STALL_MS);
  assertEquals([ends, socket.waitingBytes], [[{ code: 1013, reason: "too slow" }], 0]);
  while (await stuck.readFrame());
});

Deno.test("guarded: a paused connection reports nothing until it is resumed", async () => {
  await using server = await serveEcho("guarded");
  using client = await RawClient.open(server.port);
  const { socket, texts } = await server.connection(0);
  assertEquals(socket.pause(), true);
  await client.text("one");
  await client.text("two");
  await new Promise((resolve) => setTimeout(resolve, 30));
  assertEquals(texts, []);
  socket.resume();
  await until("both messages", () => texts.length === 2);
  assertEquals(texts, ["one", "two"]);
});

/** Many times what the kernel's buffers hold, of 60 KB each. */
const FLOOD = 2_000;
/** Turns of the server and the client in which nothing more was taken. */
const STANDS_STILL_TURNS = 50;

Deno.test("guarded: pausing stops a flood in the kernel", async () => {
  await using server = await serveEcho("guarded", { onText: () => {} });
  using client = await RawClient.open(server.port);
  const { socket, texts } = await server.connection(0);
  socket.pause();
  let sent = 0;
  const flooding = (async () => {
    const text = "x".repeat(60_000);
    try {
      while (sent < FLOOD) {
        await client.text(text);
        sent++;
      }
    } catch {
      // The test ends the connection.
    }
  })();
  // The kernel's buffers take some, then the client waits, however long the server goes on.
  using other = await RawClient.open(server.port);
  const { socket: answering } = await server.connection(1);
  for (let turns = 0, seen = -1; turns < STANDS_STILL_TURNS; turns++) {
    if (sent !== seen) turns = 0;
    seen = sent;
    answering.send({ text: "a turn" });
    await other.readText();
  }
  assertLess(sent, FLOOD);
  assertEquals(texts, []);
  socket.terminate();
  await flooding;
});

Deno.test("guarded: a paused connection can be closed, and the answer is read", async () => {
  await using server = await serveEcho("guarded", { closeTimeoutMs: 60_000 });
  using client = await RawClient.open(server.port);
  const { socket, ends } = await server.connection(0);
  socket.pause();
  socket.close(1008, "flooding");
  assertEquals((await client.readClose()).code, 1008);
  await client.close(1008);
  await until("an end", () => ends.length > 0);
});

Deno.test("native: reading cannot be paused and pings cannot be sent, and it says so", async () => {
  await using server = await serveEcho("native");
  using _client = await RawClient.open(server.port);
  const { socket } = await server.connection(0);
  assertEquals([socket.pause(), socket.ping()], [false, false]);
});
