import { assertEquals, assertLess, assertMatch } from "@std/assert";
import { KINDS, serveEcho } from "./echo_server.ts";
import { STALL_MS, until } from "../patience.ts";
import { handshakeBytes, RawClient } from "./raw_client.ts";
import { frameBytes, joinBytes, OPCODE } from "./raw_frame.ts";

/** A handshake gone wrong, and the status that refuses it. */
const REFUSED: readonly {
  what: string;
  status: number;
  method?: string;
  headers?: Record<string, string | null>;
}[] = [
  { what: "no version", status: 426, headers: { "Sec-WebSocket-Version": null } },
  { what: "version 12", status: 426, headers: { "Sec-WebSocket-Version": "12" } },
  { what: "version 8", status: 426, headers: { "Sec-WebSocket-Version": "8" } },
  { what: "version garbage", status: 426, headers: { "Sec-WebSocket-Version": "thirteen" } },
  { what: "no key", status: 400, headers: { "Sec-WebSocket-Key": null } },
  { what: "short key", status: 400, headers: { "Sec-WebSocket-Key": "c2hvcnQ=" } },
  { what: "key garbage", status: 400, headers: { "Sec-WebSocket-Key": "!".repeat(24) } },
  { what: "POST", status: 405, method: "POST" },
  { what: "PUT", status: 405, method: "PUT" },
  { what: "TRACE", status: 405, method: "TRACE" },
  { what: "no upgrade", status: 426, headers: { "Upgrade": null, "Connection": "keep-alive" } },
  { what: "upgrade to another protocol", status: 426, headers: { "Upgrade": "h2c" } },
  { what: "no connection token", status: 426, headers: { "Connection": "keep-alive" } },
];

for (const kind of KINDS) {
  for (const { what, status, method, headers } of REFUSED) {
    Deno.test(`${kind}: a handshake with ${what} is refused with ${status}`, async () => {
      await using server = await serveEcho(kind);
      using client = await RawClient.connect(server.port);
      const reply = await client.handshake("/ws", headers, method);
      assertEquals(reply.status, status);
      if (what.startsWith("version")) {
        assertEquals(reply.headers.get("sec-websocket-version"), "13");
      }
      if (status === 405) assertEquals(reply.headers.get("allow"), "GET");
      assertEquals([server.served.length, server.errors], [0, []]);
    });
  }

  Deno.test(`${kind}: header names and values in any case and company are understood`, async () => {
    await using server = await serveEcho(kind);
    using client = await RawClient.connect(server.port);
    const reply = await client.handshake("/ws?name=a", {
      "Connection": "keep-alive, UPGRADE",
      "Upgrade": "WebSocket",
    });
    assertEquals(reply.status, 101);
    // The example of RFC 6455 section 1.3.
    assertEquals(reply.headers.get("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assertEquals(reply.headers.has("sec-websocket-extensions"), false);
  });

  Deno.test(`${kind}: a Host that is none is refused with 400`, async () => {
    await using server = await serveEcho(kind);
    for (const host of ["a b", "evil/..", "user@host", "[::1", "host:99999"]) {
      using client = await RawClient.connect(server.port);
      const reply = await client.handshake("/ws", { "Host": host });
      assertEquals([host, reply.status], [host, 400]);
    }
    assertEquals(server.errors, []);
  });

  Deno.test(`${kind}: not HTTP at all is answered with 400 or the end`, async () => {
    await using server = await serveEcho(kind);
    using client = await RawClient.connect(server.port);
    await client.write("\x16\x03\x01\x02\x00\x01\x00\r\n\r\n");
    assertMatch(await client.readToEnd(), /^(HTTP\/1\.1 400 |$)/);
    assertEquals(server.errors, []);
  });

  Deno.test(`${kind}: frames glued to the handshake are processed, 200 of 200`, async () => {
    await using server = await serveEcho(kind);
    for (let i = 0; i < 200; i++) {
      using client = await RawClient.connect(server.port);
      await client.write(joinBytes(handshakeBytes("/ws"), frameBytes(OPCODE.text, `glued ${i}`)));
      assertEquals((await client.readReply()).status, 101);
      assertEquals(await client.readText(), `glued ${i}`);
    }
  });

  Deno.test(`${kind}: what is sent while admission takes its time arrives after it`, async () => {
    await using server = await serveEcho(kind, { admissionDelayMs: 100 });
    using client = await RawClient.connect(server.port);
    await client.write(joinBytes(handshakeBytes("/ws"), frameBytes(OPCODE.text, "one")));
    await client.text("two");
    await new Promise((resolve) => setTimeout(resolve, 20));
    await client.text("three");
    assertEquals((await client.readReply()).status, 101);
    assertEquals([await client.readText(), await client.readText(), await client.readText()], [
      "one",
      "two",
      "three",
    ]);
  });

  Deno.test({
    name: `${kind}: a peer that leaves during admission is none, and harms none`,
    // Deno 2.9.6 never ends its own wait for the upgrade of a peer that has left.
    sanitizeOps: kind === "guarded",
  }, async () => {
    await using server = await serveEcho(kind, { admissionDelayMs: 50 });
    for (const leave of ["reset", "fin"]) {
      const client = await RawClient.connect(server.port);
      await client.write(handshakeBytes("/ws"));
      if (leave === "fin") await client.halfClose();
      await new Promise((resolve) => setTimeout(resolve, 10));
      client.destroy();
    }
    // Admitted as late as they, it comes after them.
    using client = await RawClient.open(server.port);
    await client.text("still served");
    assertEquals(await client.readText(), "still served");
    await until(
      "the others' end",
      () => server.served.slice(0, -1).every(({ ends }) => ends.length === 1),
    );
    assertEquals(server.errors, []);
  });

  Deno.test(`${kind}: a failing admission is a 500, reported, and the server goes on`, async () => {
    let fail = true;
    await using server = await serveEcho(kind, {
      onAdmit: () => {
        if (fail) throw new Error("the store is away");
      },
    });
    using refused = await RawClient.connect(server.port);
    assertEquals((await refused.handshake()).status, 500);
    assertEquals(server.errors.map(({ error }) => (error as Error).message), ["the store is away"]);
    fail = false;
    using client = await RawClient.open(server.port);
    await client.text("hello");
    assertEquals(await client.readText(), "hello");
  });

  Deno.test(`${kind}: a refusal after a while reaches a peer that has sent on`, async () => {
    await using server = await serveEcho(kind, {
      admit: async () => {
        await new Promise((resolve) => setTimeout(resolve, 30));
        return new Response("not you\n", { status: 403 });
      },
    });
    using client = await RawClient.connect(server.port);
    await client.write(
      joinBytes(handshakeBytes("/ws"), frameBytes(OPCODE.text, "x".repeat(50_000))),
    );
    const reply = await client.readReply();
    assertEquals([reply.status, reply.body], [403, "not you\n"]);
  });

  Deno.test(`${kind}: a peer that leaves while its refusal is written harms none`, async () => {
    await using server = await serveEcho(kind, {
      admit: async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return new Response("x".repeat(4 * 1024 * 1024), { status: 403 });
      },
    });
    for (let i = 0; i < 10; i++) {
      const client = await RawClient.connect(server.port);
      await client.write(handshakeBytes("/ws"));
      if (i % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 22));
      client.destroy();
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    const alive = await fetch(`http://127.0.0.1:${server.port}/`);
    assertEquals([await alive.text(), server.errors], ["echo ", []]);
  });
}

Deno.test("guarded: a refused peer is freed as soon as it leaves", async () => {
  await using server = await serveEcho("guarded", {
    admit: () => new Response("no\n", { status: 403 }),
    brakes: { lingerMs: 60_000 },
  });
  using client = await RawClient.connect(server.port);
  await client.write(joinBytes(handshakeBytes("/ws"), frameBytes(OPCODE.text, "x".repeat(60_000))));
  assertEquals((await client.readReply()).status, 403);
  await client.text("more");
  await client.halfClose();
  const startMs = performance.now();
  await server.transport.stop(60_000);
  assertLess(performance.now() - startMs, STALL_MS);
});

// The other transport's parser knows no such method: 400.
Deno.test("native: a method in small letters is another one, wherever it asks", async () => {
  await using server = await serveEcho("native");
  for (const method of ["get", "Post", "trace"]) {
    for (const path of ["/ws", "/"]) {
      using client = await RawClient.connect(server.port);
      const reply = await client.handshake(path, {}, method);
      assertEquals([method, path, reply.status], [method, path, 405]);
    }
  }
  assertEquals([server.served.length, server.errors], [0, []]);
});
