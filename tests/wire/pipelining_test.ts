import { assertEquals, assertLess } from "@std/assert";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import { setImmediate } from "node:timers";
import { until } from "../patience.ts";
import { serveEcho } from "./echo_server.ts";
import { handshakeBytes, RawClient } from "./raw_client.ts";
import { frameBytes, joinBytes, OPCODE } from "./raw_frame.ts";

/** As many as fill more than one read of the server's, which is of 64 KiB. */
const MANY = 2_500;
const REQUEST = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/** Requests that `node:http` makes objects of, also those that no listener hears of. */
function countRequests() {
  const counts = { all: 0, mostInATurn: 0, [Symbol.dispose]: () => unsubscribe(CHANNEL, count) };
  let inThisTurn = 0;
  const count = () => {
    counts.all++;
    counts.mostInATurn = Math.max(counts.mostInATurn, ++inThisTurn);
    if (inThisTurn === 1) setImmediate(() => inThisTurn = 0);
  };
  subscribe(CHANNEL, count);
  return counts;
}

const CHANNEL = "http.server.request.start";

const bursts = {
  "requests": REQUEST,
  "requests without a Host": "GET / HTTP/1.1\r\n\r\n",
  "requests that expect what there is not": "GET / HTTP/1.1\r\nHost: x\r\nExpect: x\r\n\r\n",
};

for (const [what, request] of Object.entries(bursts)) {
  Deno.test(`guarded: ${what} sent together do not hold the event loop, peers that leave neither`, async () => {
    await using server = await serveEcho("guarded");
    using counts = countRequests();
    for (let round = 0; round < 5; round++) {
      const before = counts.all;
      using client = await RawClient.connect(server.port);
      await client.write(request.repeat(MANY)).catch(() => {});
      if (round > 2) client.destroy();
      await until("the first request", () => counts.all > before);
    }
    // Of one connection one or two; those before may be there still.
    assertLess(counts.mostInATurn, 20);
  });
}

Deno.test("guarded: requests that wait are not read, and others are served", async () => {
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  await using server = await serveEcho("guarded", {
    fetch: async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname !== "/other") await held;
      return new Response(pathname);
    },
  });
  using counts = countRequests();
  using client = await RawClient.connect(server.port);
  const sent = client.write(REQUEST.repeat(MANY));
  await until("the first request", () => counts.all > 0);
  const other = await fetch(`http://127.0.0.1:${server.port}/other`);
  assertEquals(await other.text(), "/other");
  assertLess(counts.all, 4);
  letGo();
  for (let answered = 0; answered < MANY; answered++) {
    assertEquals((await client.readReply()).body, "/");
  }
  await sent;
});

Deno.test("guarded: others are heard between requests that came together", async () => {
  let asked = 0;
  const askedAt: number[] = [];
  await using server = await serveEcho("guarded", {
    fetch: () => {
      asked++;
      return new Response();
    },
    onText(text, { socket }) {
      askedAt.push(asked);
      socket.send({ text });
    },
  });
  using other = await RawClient.open(server.port);
  using client = await RawClient.connect(server.port);
  await client.write(REQUEST.repeat(MANY));
  let ended = false;
  const reading = client.readToEnd().then(() => ended = true);
  while (asked < MANY && !ended) {
    await other.text("x");
    await other.readText();
  }
  client.destroy();
  await reading;
  assertEquals(asked, MANY);
  const between = askedAt.map((count, i) => count - (askedAt[i - 1] ?? 0));
  assertLess(Math.max(...between), 50);
});

Deno.test("guarded: requests with and without bodies are answered in order, wherever they are cut", async () => {
  await using server = await serveEcho("guarded", {
    fetch: async (request) => new Response(`${request.method} ${await request.text()}`),
  });
  const blank = "\r\n".repeat(1_000);
  const requests = [
    "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${blank.length}\r\n\r\n${blank}`,
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
  ];
  const answers = ["GET ", `POST ${blank}`, "POST abc", "POST ", "GET "];
  const all = requests.join("").repeat(3);
  for (const pieceLength of [all.length, 1_000, 61, 7]) {
    using client = await RawClient.connect(server.port);
    client.tcp.setNoDelay(true);
    const sent = (async () => {
      for (let at = 0; at < all.length; at += pieceLength) {
        await client.write(all.slice(at, at + pieceLength));
      }
    })();
    const bodies: string[] = [];
    for (let i = 0; i < 3 * answers.length; i++) bodies.push((await client.readReply()).body);
    assertEquals(bodies, [...answers, ...answers, ...answers]);
    await sent;
  }
});

Deno.test("guarded: a body of the smallest chunks does not hold the event loop, and comes whole", async () => {
  await using server = await serveEcho("guarded");
  let inThisTurn = 0;
  let mostInATurn = 0;
  const countChunks = (message: unknown) => {
    const { request } = message as { request: IncomingMessage };
    const push = request.push;
    request.push = (...args) => {
      mostInATurn = Math.max(mostInATurn, ++inThisTurn);
      if (inThisTurn === 1) setImmediate(() => inThisTurn = 0);
      return push.apply(request, args);
    };
  };
  subscribe(CHANNEL, countChunks);
  const chunks = 10_000;
  try {
    using client = await RawClient.connect(server.port);
    await client.write(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" +
        "1\r\na\r\n".repeat(chunks) + "0\r\n\r\n",
    );
    assertEquals((await client.readReply()).body, `echo ${"a".repeat(chunks)}`);
  } finally {
    unsubscribe(CHANNEL, countChunks);
  }
  assertLess(mostInATurn, chunks / 5);
});

Deno.test("guarded: a handshake behind other requests opens, and what came with it arrives", async () => {
  await using server = await serveEcho("guarded");
  for (let round = 0; round < 20; round++) {
    using client = await RawClient.connect(server.port);
    await client.write(joinBytes(
      new TextEncoder().encode(REQUEST.repeat(3)),
      handshakeBytes("/ws"),
      frameBytes(OPCODE.text, "first"),
      frameBytes(OPCODE.text, "second\r\n\r\n"),
    ));
    for (let i = 0; i < 3; i++) assertEquals((await client.readReply()).status, 200);
    assertEquals((await client.readReply()).status, 101);
    assertEquals([await client.readText(), await client.readText()], ["first", "second\r\n\r\n"]);
  }
  assertEquals(server.errors, []);
});
