import { assert, assertEquals, assertLess, assertMatch, assertRejects } from "@std/assert";
import { BODY_TIMEOUT_MS, bodyLimitBytes } from "../../transport/body.ts";
import { SURPLUS_MAX } from "../../transport/connection_limit.ts";
import { KINDS, MAX_FRAME_BYTES, serveEcho } from "./echo_server.ts";
import { PATIENCE_MS, STALL_MS, until } from "../patience.ts";
import { RawClient } from "./raw_client.ts";

const LIMIT = bodyLimitBytes(MAX_FRAME_BYTES);

for (const kind of KINDS) {
  Deno.test(`${kind}: a Content-Length over the limit is refused with 413, unread`, async () => {
    await using server = await serveEcho(kind);
    for (const length of [LIMIT + 1, 10 ** 12]) {
      using client = await RawClient.connect(server.port);
      await client.write(`POST /api HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\nsome`);
      const reply = await client.readReply();
      assertEquals([length, reply.status], [length, 413]);
      assertMatch(reply.headers.get("connection") ?? "", /^close/);
    }
  });

  Deno.test(`${kind}: a chunked body over the limit is refused with 413`, async () => {
    await using server = await serveEcho(kind);
    using client = await RawClient.connect(server.port);
    await client.write("POST /api HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    const chunk = `4000\r\n${"x".repeat(0x4000)}\r\n`;
    for (let sent = 0; sent <= LIMIT; sent += 0x4000) await client.write(chunk).catch(() => {});
    assertEquals((await client.readReply()).status, 413);
  });

  Deno.test(`${kind}: bodies up to the limit are taken, chunked or not`, async () => {
    await using server = await serveEcho(kind, {
      fetch: async (request) => new Response(String((await request.text()).length)),
    });
    const url = `http://127.0.0.1:${server.port}/api`;
    const whole = await fetch(url, { method: "POST", body: "x".repeat(LIMIT) });
    assertEquals(await whole.text(), String(LIMIT));
    const stream = new Blob(["x".repeat(LIMIT)]).stream();
    const chunked = await fetch(url, { method: "PUT", body: stream });
    assertEquals(await chunked.text(), String(LIMIT));
  });

  Deno.test(`${kind}: a handler that throws is a 500, reported, and the server goes on`, async () => {
    await using server = await serveEcho(kind, {
      fetch: (request) => {
        if (new URL(request.url).pathname === "/bad") throw new Error("a bug");
        return new Response("good");
      },
    });
    const url = `http://127.0.0.1:${server.port}`;
    const bad = await fetch(`${url}/bad`);
    assertEquals(bad.status, 500);
    assert(!(await bad.text()).includes("a bug"));
    assertEquals(await (await fetch(`${url}/good`)).text(), "good");
    assertEquals(server.errors.map(({ error }) => (error as Error).message), ["a bug"]);
  });

  Deno.test(`${kind}: a WebSocket too many is refused with 503 and comes in when one has left`, async () => {
    await using server = await serveEcho(kind, { maxConnections: 2 });
    const [first, second] = [await RawClient.open(server.port), await RawClient.open(server.port)];
    using third = await RawClient.connect(server.port);
    const reply = await third.handshake();
    assertEquals([reply.status, reply.headers.get("retry-after")], [503, "5"]);
    using health = await RawClient.connect(server.port);
    await health.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    assertEquals((await health.readReply()).status, 200);
    await first.close();
    await until("an end", () => server.served.some(({ ends }) => ends.length > 0));
    using fourth = await RawClient.open(server.port);
    await fourth.text("in");
    assertEquals(await fourth.readText(), "in");
    second.destroy();
  });

  Deno.test(`${kind}: of a hundred WebSockets at the same moment no more than allowed get in`, async () => {
    await using server = await serveEcho(kind, { maxConnections: 10, admissionDelayMs: 20 });
    const clients = await Promise.all(Array.from({ length: 100 }, async () => {
      const client = await RawClient.connect(server.port);
      // Beyond its surplus the guarded transport shuts the door for a moment.
      const status = await client.handshake().then(({ status }) => status, () => 0);
      return { client, status };
    }));
    const letIn = clients.filter(({ status }) => status === 101);
    for (const { client } of clients) client.destroy();
    assertEquals([letIn.length, server.served.length], [10, 10]);
  });

  Deno.test(`${kind}: the address of a peer is without its IPv6 mapping`, async () => {
    let address = "";
    await using server = await serveEcho(kind, {
      hostname: "::",
      fetch: (_request, peer) => {
        address = peer.address;
        return new Response();
      },
    });
    await (await fetch(`http://127.0.0.1:${server.port}/`)).body?.cancel();
    assertEquals(address, "127.0.0.1");
  });
}

Deno.test("guarded: an answer whose body breaks is a 500, reported, and no line on the console", async () => {
  const written: unknown[] = [];
  const { error, info } = console;
  console.error = console.info = (...what) => void written.push(what);
  try {
    await using server = await serveEcho("guarded", {
      fetch: () =>
        new Response(new ReadableStream({ pull: (body) => body.error(new Error("a bug")) })),
    });
    const answer = await fetch(`http://127.0.0.1:${server.port}/`);
    assertEquals([answer.status, (await answer.json()).detail], [500, "internal error"]);
    assertEquals(server.errors.map(({ where }) => where), ["respond"]);
  } finally {
    Object.assign(console, { error, info });
  }
  assertEquals(written, []);
});

Deno.test("guarded: who sends on after a 413 is cut, long before a request's time is over", async () => {
  await using server = await serveEcho("guarded", { brakes: { requestTimeoutMs: 60_000 } });
  using client = await RawClient.connect(server.port);
  await client.write(`POST /api HTTP/1.1\r\nHost: x\r\nContent-Length: ${10 ** 12}\r\n\r\n`);
  assertEquals((await client.readReply()).status, 413);
  const start = performance.now();
  const piece = new Uint8Array(64 * 1024);
  await assertRejects(async () => {
    while (performance.now() - start < STALL_MS) await client.write(piece);
  });
});

Deno.test("guarded: the body of a request that names no host is not waited for: the answer ends it", async () => {
  await using server = await serveEcho("guarded", {
    brakes: { requestTimeoutMs: 60_000, idleTimeoutMs: 60_000, keepAliveTimeoutMs: 60_000 },
  });
  for (const [target, host] of [["/", "a/b"], ["//", "x:y"]]) {
    using client = await RawClient.connect(server.port);
    client.patienceMs = 20_000;
    await client.write(`POST ${target} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 9\r\n\r\nsome`);
    assertMatch(await client.readToEnd(), /^HTTP\/1\.1 400 /);
  }
});

Deno.test("guarded: the body of a request that needs none is not waited for: the answer ends it", async () => {
  await using server = await serveEcho("guarded", {
    brakes: { requestTimeoutMs: 60_000, idleTimeoutMs: 60_000 },
  });
  for (const framing of ["Content-Length: 500", "Transfer-Encoding: chunked"]) {
    using client = await RawClient.connect(server.port);
    await client.write(`GET / HTTP/1.1\r\nHost: x\r\n${framing}\r\n\r\n`);
    assertMatch(await client.readToEnd(), /^HTTP\/1.1 200 .*\r\nConnection: close\r\n/s);
  }
});

Deno.test("guarded: slow headers and slow bodies are ended", async () => {
  await using server = await serveEcho("guarded", {
    brakes: {
      headersTimeoutMs: 150,
      requestTimeoutMs: 250,
      checkIntervalMs: 20,
    },
  });
  const startMs = performance.now();
  const slow = await Promise.all([
    "",
    "GET / HTTP/1.1\r\nHost: x\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
  ].map(async (bytes) => {
    using client = await RawClient.connect(server.port);
    await client.write(bytes);
    return (await client.readToEnd()).slice(0, "HTTP/1.1 408".length);
  }));
  assertEquals(slow, Array(4).fill("HTTP/1.1 408"));
  // Who reads a body would have said so, too, but later.
  assertLess(performance.now() - startMs, BODY_TIMEOUT_MS);
});

Deno.test("guarded: a connection that was answered and asks nothing more is ended", async () => {
  await using server = await serveEcho("guarded", {
    brakes: { keepAliveTimeoutMs: 1_000, idleTimeoutMs: 60_000, checkIntervalMs: 20 },
  });
  using client = await RawClient.connect(server.port);
  await client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  // It is told when, which no busy machine can make later.
  assertMatch(await client.readToEnd(), /^HTTP\/1.1 200 .*\r\nKeep-Alive: timeout=1\r\n/s);
});

Deno.test("guarded: headers that do not end are given up by a time-out of their own", async () => {
  await using server = await serveEcho("guarded", {
    brakes: { headersTimeoutMs: 100, requestTimeoutMs: 60_000, checkIntervalMs: 20 },
  });
  using client = await RawClient.connect(server.port);
  await client.write("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ");
  assertEquals((await client.readReply()).status, 408);
});

Deno.test("guarded: headers that are too long are refused with 431", async () => {
  await using server = await serveEcho("guarded");
  using client = await RawClient.connect(server.port);
  await client.write(`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`);
  assertEquals((await client.readReply()).status, 431);
});

/** Enough for the handshake, on a machine that does much else. */
const OUTLIVED_MS = 1_500;

Deno.test("guarded: a WebSocket outlives the timeouts of HTTP", async () => {
  await using server = await serveEcho("guarded", {
    brakes: {
      headersTimeoutMs: OUTLIVED_MS,
      requestTimeoutMs: OUTLIVED_MS,
      keepAliveTimeoutMs: OUTLIVED_MS,
      idleTimeoutMs: OUTLIVED_MS,
      checkIntervalMs: 20,
    },
  });
  using client = await RawClient.open(server.port);
  // Younger than it, and ended by one time-out each.
  await Promise.all(["", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"].map(async (bytes) => {
    using plain = await RawClient.connect(server.port);
    await plain.write(bytes);
    await plain.readToEnd();
  }));
  await client.text("still here");
  assertEquals(await client.readText(), "still here");
});

Deno.test("guarded: a peer that does not read its response is ended", async () => {
  await using server = await serveEcho("guarded", {
    brakes: { idleTimeoutMs: 100 },
    fetch: () => new Response(new Uint8Array(16 * 1024 * 1024)),
  });
  using client = await RawClient.connect(server.port);
  await client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  // Nothing of it is read before the server has let go of it.
  await until("the connection's end", () => !isOpenAt(server.port));
  const text = await client.readToEnd();
  assertLess(text.length, 16 * 1024 * 1024);
});

Deno.test("guarded: idle connections in masses are shut out, and let in when they are gone", async () => {
  await using server = await serveEcho("guarded", { maxConnections: 2 });
  const idle: RawClient[] = [];
  const refused = (async () => {
    while (idle.length < 4 * SURPLUS_MAX) idle.push(await RawClient.connect(server.port));
  })();
  await refused.catch(() => {});
  for (const client of idle) client.destroy();
  using open = await firstLetIn(server.port);
  await open.text("in");
  assertEquals(await open.readText(), "in");
});

/** Whether this end of a connection, as the kernel lists it, has not been closed. */
function isOpenAt(port: number): boolean {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")} `;
  const established = " 01 ";
  return Deno.readTextFileSync("/proc/net/tcp").split("\n").some((line) =>
    line.slice(0, 20).includes(local) && line.includes(established)
  );
}

/** Tries again, one connection at a time, while the server shuts its door. */
async function firstLetIn(port: number): Promise<RawClient> {
  for (const startMs = performance.now(); performance.now() - startMs < PATIENCE_MS;) {
    const client = await RawClient.open(port).catch(() => undefined);
    if (client !== undefined) return client;
  }
  throw new Error("expected to be let in when the others had gone");
}
