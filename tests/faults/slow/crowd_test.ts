import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { startEchoProcess } from "../../wire/echo_process.ts";
import { RawClient } from "../../wire/raw_client.ts";

const CROWD = 2_000;
/** headersTimeoutMs or keepAliveTimeoutMs, and the time to look at 2,000 connections. */
const CLOSED_WITHIN_MS = 10_000;
/** Also while all of the crowd comes at once, on a busy machine. */
const ANSWER_WITHIN_MS = 3_000;

for (
  const [what, bytes] of [
    ["requests whose headers do not end", "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "],
    ["idle kept-alive connections", "GET /memory HTTP/1.1\r\nHost: localhost\r\n\r\n"],
  ] as const
) {
  Deno.test(`guarded: ${CROWD} ${what} are closed within 10 s, others are served meanwhile`, async () => {
    await using server = await startEchoProcess("guarded");
    let closed = 0;
    const slow = Array.from({ length: CROWD }, async () => {
      using client = await RawClient.connect(server.port);
      await client.write(bytes);
      const startMs = performance.now();
      await client.readToEnd();
      closed++;
      return performance.now() - startMs;
    });
    const ended = Promise.all(slow);
    let slowest = 0;
    while (closed < CROWD) {
      const startMs = performance.now();
      using client = await RawClient.open(server.port);
      await client.text("served");
      assertEquals(await client.readText(), "served");
      slowest = Math.max(slowest, performance.now() - startMs);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assertLess(Math.max(...await ended), CLOSED_WITHIN_MS + ANSWER_WITHIN_MS);
    assertLess(slowest, ANSWER_WITHIN_MS);
  });
}

// Native is not asked: without descriptors Deno 2.9.6 itself may panic.
Deno.test("guarded: 400 clients at 256 descriptors do not end the server; it takes clients again", async () => {
  await using server = await startEchoProcess("guarded", 256);
  const clients: RawClient[] = [];
  const statuses = await Promise.all(Array.from({ length: 400 }, async () => {
    try {
      const client = await RawClient.connect(server.port);
      clients.push(client);
      return (await client.handshake()).status;
    } catch {
      // Refused or cut by the kernel.
      return 0;
    }
  }));
  const count = (status: number) => statuses.filter((each) => each === status).length;
  assertGreater(count(101), 50);
  assertGreater(count(503), 0);
  assertEquals(count(101) + count(503) + count(0), 400);
  for (const client of clients) client.destroy();
  const startMs = performance.now();
  let again: RawClient | undefined;
  while (again === undefined) {
    assert(performance.now() - startMs < 10_000, "expected to be let in within 10 s");
    again = await RawClient.open(server.port).catch(() => undefined);
  }
  using client = again;
  await client.text("recovered");
  assertEquals(await client.readText(), "recovered");
});
