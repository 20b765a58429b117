import { assertEquals, assertLess, assertRejects } from "@std/assert";
import { KINDS, serveEcho } from "./echo_server.ts";
import { PATIENCE_MS, STALL_MS, until } from "../patience.ts";
import { handshakeBytes, RawClient } from "./raw_client.ts";
import { closePayload, OPCODE } from "./raw_frame.ts";

for (const kind of KINDS) {
  Deno.test(`${kind}: stopAccepting refuses new WebSockets and leaves open ones alone`, async () => {
    await using server = await serveEcho(kind);
    using client = await RawClient.open(server.port);
    server.transport.stopAccepting();
    await client.text("still here");
    assertEquals(await client.readText(), "still here");
    await assertRejects(() => RawClient.open(server.port));
  });

  Deno.test(`${kind}: stop ends every connection with 1001 and does not wait needlessly`, async () => {
    await using server = await serveEcho(kind, { closeTimeoutMs: 60_000 });
    const clients = await Promise.all([1, 2, 3].map(() => RawClient.open(server.port)));
    await until("three connections", () => server.served.length === 3);
    const start = performance.now();
    const stopped = server.transport.stop(60_000);
    for (const client of clients) {
      assertEquals((await client.readClose()).code, 1001);
      await client.send(OPCODE.close, closePayload(1001));
      client.destroy();
    }
    await stopped;
    assertLess(performance.now() - start, STALL_MS);
    assertEquals(server.served.map(({ ends }) => ends.map(({ code }) => code)), [
      [1001],
      [1001],
      [1001],
    ]);
  });

  Deno.test(`${kind}: stop keeps its deadline with a stuck peer and a half-open request`, async () => {
    await using server = await serveEcho(kind, {
      closeTimeoutMs: 60_000,
      brakes: { headersTimeoutMs: 60_000, requestTimeoutMs: 60_000 },
    });
    using stuck = await RawClient.open(server.port);
    using halfOpen = await RawClient.connect(server.port);
    await halfOpen.write("GET / HTTP/1.1\r\nHost: x\r\n");
    const { socket, ends } = await server.connection(0);
    const text = "x".repeat(60_000);
    while (socket.waitingBytes < 1 << 20) {
      for (let i = 0; i < 10; i++) socket.send({ text });
      await new Promise((resolve) => setTimeout(resolve));
    }
    const startMs = performance.now();
    await server.transport.stop(200);
    assertLess(performance.now() - startMs, 200 + STALL_MS);
    await until("an end", () => ends.length === 1);
    stuck.destroy();
  });

  Deno.test({
    name: `${kind}: stop keeps its deadline while an admission takes for ever`,
    // Deno waits for the answer to its request for ever, too.
    sanitizeOps: kind === "guarded",
  }, async () => {
    await using server = await serveEcho(kind, { admit: () => new Promise(() => {}) });
    using client = await RawClient.connect(server.port);
    await client.write(handshakeBytes("/ws"));
    await new Promise((resolve) => setTimeout(resolve, 10));
    const startMs = performance.now();
    await server.transport.stop(100);
    assertLess(performance.now() - startMs, 100 + STALL_MS);
    // Deno keeps the connection of a request without an answer; the process's end closes it.
    if (kind === "guarded") assertEquals(await client.readToEnd(), "");
  });
}

Deno.test("guarded: who asks on a connection that was idle when the stop began is answered, and told that it ends", async () => {
  await using server = await serveEcho("guarded");
  using client = await RawClient.connect(server.port);
  const request = `GET / HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`;
  await client.write(request);
  assertEquals((await client.readReply()).headers.get("connection"), "keep-alive");
  const stopped = server.transport.stop(PATIENCE_MS);
  await client.write(request);
  assertEquals((await client.readReply()).headers.get("connection"), "close");
  assertEquals(await client.readToEnd(), "");
  await stopped;
});

Deno.test("guarded: who stays idle delays the stop by a moment only", async () => {
  const brakes = { keepAliveTimeoutMs: PATIENCE_MS, idleTimeoutMs: PATIENCE_MS };
  await using server = await serveEcho("guarded", { brakes });
  using client = await RawClient.connect(server.port);
  await client.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`);
  await client.readReply();
  const startMs = performance.now();
  await server.transport.stop(PATIENCE_MS);
  assertLess(performance.now() - startMs, STALL_MS);
  assertEquals(await client.readToEnd(), "");
});
