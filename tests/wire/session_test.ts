import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Socket } from "../../transport/socket.ts";
import { KINDS, serveEcho } from "./echo_server.ts";
import { until } from "../patience.ts";
import { RawClient } from "./raw_client.ts";
import { closePayload, OPCODE } from "./raw_frame.ts";

for (const kind of KINDS) {
  Deno.test(`${kind}: what a client sends arrives, what the server sends too`, async () => {
    await using server = await serveEcho(kind);
    using client = await RawClient.open(server.port);
    for (const text of ["hello", "", "grüße 你好 👋", "x".repeat(126), "y".repeat(65_536)]) {
      await client.text(text);
      assertEquals(await client.readText(), text);
    }
    assertEquals((await server.connection(0)).socket.address, "127.0.0.1");
  });

  Deno.test(`${kind}: a close frame is answered with its code and reported once`, async () => {
    await using server = await serveEcho(kind);
    using client = await RawClient.open(server.port);
    await client.send(OPCODE.close, closePayload(4000, "bye"));
    assertEquals((await client.readClose()).code, 4000);
    client.destroy();
    const { ends } = await server.connection(0);
    await until("an end", () => ends.length > 0);
    assertEquals(ends, [{ code: 4000, reason: "bye" }]);
  });

  Deno.test(`${kind}: the server closes with its code and reason`, async () => {
    await using server = await serveEcho(kind);
    for (const [i, code] of [1001, 1008, 1009, 1013, 4001].entries()) {
      using another = await RawClient.open(server.port);
      const { socket, ends } = await server.connection(i);
      socket.close(code, "reason");
      assertEquals(await another.readClose(), { code, reason: "reason" });
      await another.send(OPCODE.close, closePayload(code));
      another.destroy();
      await until("an end", () => ends.length > 0);
      assertEquals(ends, [{ code, reason: "reason" }]);
    }
    assertEquals(server.errors, []);
  });

  Deno.test(`${kind}: other paths are plain HTTP, with a body`, async () => {
    await using server = await serveEcho(kind);
    const url = `http://127.0.0.1:${server.port}/api?x=1`;
    const reply = await fetch(url, { method: "POST", body: "hi" });
    assertEquals([reply.status, await reply.text()], [200, "echo hi"]);
  });

  Deno.test(`${kind}: a refused upgrade is a plain HTTP response`, async () => {
    await using server = await serveEcho(kind, {
      admit: () =>
        new Response("no\n", { status: 403, headers: [["x-a", "1"], ["set-cookie", "b=2"]] }),
    });
    using client = await RawClient.connect(server.port);
    const reply = await client.handshake();
    assertEquals([reply.status, reply.body, reply.headers.get("x-a")], [403, "no\n", "1"]);
    assertStringIncludes(reply.headers.get("set-cookie") ?? "", "b=2");
  });

  Deno.test(`${kind}: the subprotocol agreed on is announced and known`, async () => {
    await using server = await serveEcho(kind, {
      admit: (_request, peer) => ({
        address: peer.address,
        subprotocol: "hubbub.json",
        accept: (socket) => {
          socket.listen({ onText() {}, onAlive() {}, onDrain() {}, onEnd() {} });
          socket.send({ text: socket.subprotocol });
        },
      }),
    });
    for (const offer of ["hubbub.json", "other, hubbub.json", "other,hubbub.json,third"]) {
      using client = await RawClient.connect(server.port);
      const reply = await client.handshake("/ws", { "Sec-WebSocket-Protocol": offer });
      assertEquals([reply.status, reply.headers.get("sec-websocket-protocol")], [
        101,
        "hubbub.json",
      ]);
      assertEquals(await client.readText(), "hubbub.json");
    }
    using none = await RawClient.open(server.port);
    assertEquals(await none.readText(), "");
  });

  Deno.test(`${kind}: what came before somebody listens is not lost, and neither is the end`, async () => {
    const accepted: Socket[] = [];
    await using server = await serveEcho(kind, {
      admit: (_request, { address }) => ({
        address,
        accept: (socket) => void accepted.push(socket),
      }),
    });
    using client = await RawClient.open(server.port);
    const sent = Array.from({ length: 50 }, (_, i) => `message ${i}`);
    for (const text of sent) await client.text(text);
    await client.send(OPCODE.close, closePayload(4000));
    await until("a connection", () => accepted.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const texts: string[] = [];
    const ends: number[] = [];
    accepted[0]?.listen({
      onText: (text) => texts.push(text),
      onAlive() {},
      onDrain() {},
      onEnd: ({ code }) => ends.push(code),
    });
    assertEquals((await client.readClose()).code, 4000);
    client.destroy();
    await until("an end", () => ends.length > 0);
    assertEquals([texts, ends], [sent, [4000]]);
  });
}

Deno.test("guarded: however much comes before somebody listens, it waits in the kernel", async () => {
  const accepted: Socket[] = [];
  await using server = await serveEcho("guarded", {
    admit: (_request, { address }) => ({ address, accept: (socket) => void accepted.push(socket) }),
  });
  using client = await RawClient.open(server.port);
  for (let i = 0; i < 1_000; i++) await client.text(`message ${i}`);
  await until("a connection", () => accepted.length > 0);
  await new Promise((resolve) => setTimeout(resolve, 20));
  let count = 0;
  accepted[0]?.listen({ onText: () => count++, onAlive() {}, onDrain() {}, onEnd() {} });
  await until("all messages", () => count === 1_000);
});
