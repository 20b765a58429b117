import { assertEquals } from "@std/assert";
import { KINDS, MAX_FRAME_BYTES, serveEcho } from "./echo_server.ts";
import { until } from "../patience.ts";
import { RawClient } from "./raw_client.ts";
import { closePayload, frameBytes, joinBytes, OPCODE } from "./raw_frame.ts";

const { text, binary, continuation, close, ping, pong } = OPCODE;
const bytes = (...values: number[]) => new Uint8Array(values);
/** "é" cut after its first byte. */
const CUT = bytes(0xc3);

interface Violation {
  readonly what: string;
  readonly sent: Uint8Array;
  /** The close code that answers it. */
  readonly code: number;
  /** What Deno 2.9.6 answers; 1006 is the end of the connection without a close frame. */
  readonly native?: number | "nothing";
}

/** Frames that break RFC 6455, or our limits. */
const VIOLATIONS: readonly Violation[] = [
  {
    what: "an unmasked frame",
    sent: frameBytes(text, "hi", { masked: false }),
    code: 1002,
    native: "nothing",
  },
  ...[1, 2, 4, 7].map((rsv) => ({
    what: `reserved bits ${rsv}`,
    sent: frameBytes(text, "hi", { rsv }),
    code: 1002,
  })),
  ...[3, 7, 0xb, 0xf].map((opcode) => ({
    what: `reserved opcode ${opcode}`,
    sent: frameBytes(opcode, "hi"),
    code: 1002,
  })),
  { what: "a fragmented ping", sent: frameBytes(ping, "hi", { fin: false }), code: 1002 },
  { what: "a fragmented close", sent: frameBytes(close, "", { fin: false }), code: 1002 },
  { what: "a ping of 126 bytes", sent: frameBytes(ping, "x".repeat(126)), code: 1002 },
  {
    what: "a pong of 64 KiB",
    sent: frameBytes(pong, "x".repeat(65_536)),
    code: 1002,
    native: "nothing",
  },
  {
    what: "a close of 126 bytes",
    sent: frameBytes(close, closePayload(1000, "x".repeat(124))),
    code: 1002,
    native: 1000,
  },
  { what: "a continuation first", sent: frameBytes(continuation, "hi"), code: 1002 },
  {
    what: "a text inside a fragmented text",
    sent: joinBytes(frameBytes(text, "a", { fin: false }), frameBytes(text, "b")),
    code: 1002,
  },
  { what: "invalid UTF-8", sent: frameBytes(text, bytes(0x61, 0xff)), code: 1007 },
  { what: "an encoded surrogate", sent: frameBytes(text, bytes(0xed, 0xa0, 0x80)), code: 1007 },
  { what: "an overlong encoding", sent: frameBytes(text, bytes(0xc0, 0xaf)), code: 1007 },
  { what: "beyond U+10FFFF", sent: frameBytes(text, bytes(0xf4, 0x90, 0x80, 0x80)), code: 1007 },
  { what: "cut UTF-8", sent: frameBytes(text, CUT), code: 1007 },
  {
    what: "invalid UTF-8 in two fragments",
    sent: joinBytes(frameBytes(text, CUT, { fin: false }), frameBytes(continuation, "a")),
    code: 1007,
  },
  { what: "a close of one byte", sent: frameBytes(close, bytes(3)), code: 1002 },
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535].map((code) => ({
    what: `close code ${code}`,
    sent: frameBytes(close, closePayload(code)),
    code: 1002,
    native: 1002,
  })),
  {
    what: "a close reason that is no UTF-8",
    sent: frameBytes(close, closePayload(1000, bytes(0xff))),
    code: 1007,
  },
  { what: "a binary message", sent: frameBytes(binary, "hi"), code: 1003, native: 1003 },
  { what: "an empty binary message", sent: frameBytes(binary, ""), code: 1003, native: 1003 },
  {
    what: "a text over the limit",
    sent: frameBytes(text, "x".repeat(MAX_FRAME_BYTES + 1)),
    code: 1009,
    native: 1009,
  },
  {
    what: "a text over the limit in bytes but not in characters",
    sent: frameBytes(text, "é".repeat(MAX_FRAME_BYTES / 2 + 1)),
    code: 1009,
    native: 1009,
  },
];

for (const { what, sent, code, native = 1006 } of VIOLATIONS) {
  Deno.test(`guarded: ${what} ends the connection with ${code}, once`, async () => {
    await using server = await serveEcho("guarded");
    using client = await RawClient.open(server.port);
    const { texts, ends } = await server.connection(0);
    // What follows the violation is not to be looked at.
    await client.write(joinBytes(sent, frameBytes(text, "after"))).catch(() => {});
    assertEquals((await client.readClose()).code, code);
    client.destroy();
    await until("an end", () => ends.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 5));
    assertEquals([ends.map(({ code }) => code), texts], [[code], []]);
    assertEquals(server.errors, []);
  });

  // Deno takes these as if they were right.
  if (native === "nothing") continue;
  Deno.test(`native: ${what} ends the connection, once (the client sees ${native})`, async () => {
    await using server = await serveEcho("native");
    using client = await RawClient.open(server.port);
    const { texts, ends } = await server.connection(0);
    await client.write(sent).catch(() => {});
    assertEquals((await client.readClose()).code, native);
    client.destroy();
    await until("an end", () => ends.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 5));
    assertEquals([ends.length, texts, server.errors], [1, [], []]);
  });
}

for (const kind of KINDS) {
  Deno.test(`${kind}: fragments, with a ping between them, are one message`, async () => {
    await using server = await serveEcho(kind);
    using client = await RawClient.open(server.port);
    const [first = 0, second = 0] = new TextEncoder().encode("é");
    await client.send(text, bytes(0x61, first), { fin: false });
    await client.send(ping, "are you there");
    await client.send(continuation, "", { fin: false });
    await client.send(continuation, bytes(second, 0x62));
    const answer = await client.readFrame();
    assertEquals([answer?.opcode, new TextDecoder().decode(answer?.payload)], [
      pong,
      "are you there",
    ]);
    assertEquals(await client.readText(), "aéb");
  });

  Deno.test(`${kind}: a message of exactly the limit is taken, in one frame or many`, async () => {
    await using server = await serveEcho(kind);
    using client = await RawClient.open(server.port);
    const half = "x".repeat(MAX_FRAME_BYTES / 2);
    await client.text(half + half);
    assertEquals((await client.readText()).length, MAX_FRAME_BYTES);
    await client.send(text, half, { fin: false });
    await client.send(continuation, half);
    assertEquals((await client.readText()).length, MAX_FRAME_BYTES);
  });

  Deno.test(`${kind}: what follows a close frame is ignored, and the end comes once`, async () => {
    await using server = await serveEcho(kind);
    using client = await RawClient.open(server.port);
    const { texts, ends } = await server.connection(0);
    await client.write(
      joinBytes(
        frameBytes(text, "before"),
        frameBytes(close, closePayload(4000)),
        frameBytes(text, "after"),
        frameBytes(close, closePayload(4001)),
      ),
    );
    assertEquals((await client.readClose()).code, 4000);
    await client.text("later still").catch(() => {});
    client.destroy();
    await until("an end", () => ends.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals([texts, ends], [["before"], [{ code: 4000, reason: "" }]]);
  });

  Deno.test(`${kind}: a close without a code is answered and reported as 1005`, async () => {
    await using server = await serveEcho(kind);
    using client = await RawClient.open(server.port);
    await client.send(close);
    assertEquals((await client.readClose()).code, 1005);
    client.destroy();
    const { ends } = await server.connection(0);
    await until("an end", () => ends.length > 0);
    assertEquals(ends, [{ code: 1005, reason: "" }]);
  });

  for (const way of ["FIN", "RST"]) {
    Deno.test(`${kind}: a peer that leaves with a bare ${way} is reported as 1006, once`, async () => {
      await using server = await serveEcho(kind);
      using client = await RawClient.open(server.port);
      const { ends, socket } = await server.connection(0);
      if (way === "FIN") {
        await client.halfClose();
      } else {
        // Closing with unread data makes the kernel send a reset.
        socket.send({ text: "unread" });
        await new Promise((resolve) => setTimeout(resolve, 5));
        client.destroy();
      }
      await until("an end", () => ends.length > 0);
      await new Promise((resolve) => setTimeout(resolve, 20));
      assertEquals(ends.map(({ code }) => code), [1006]);
      assertEquals(socket.send({ text: "to nobody" }), true);
      socket.close(1000, "");
      socket.terminate();
      assertEquals([ends.length, server.errors], [1, []]);
    });
  }
}
