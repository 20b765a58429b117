import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { clientFrame, FrameReader, MASK, OPCODE } from "./frames.ts";

function serverFrame(payload: string): Uint8Array {
  const bytes = new TextEncoder().encode(payload);
  const length = bytes.length;
  const head = length < 126
    ? [0x81, length]
    : length <= 0xffff
    ? [0x81, 126, length >> 8, length & 0xff]
    : [
      0x81,
      127,
      0,
      0,
      0,
      0,
      length >>> 24,
      length >> 16 & 0xff,
      length >> 8 & 0xff,
      length & 0xff,
    ];
  return new Uint8Array([...head, ...bytes]);
}

Deno.test("frames of every length form are read whole, wherever the bytes are cut", () => {
  const payloads = ["short", "x".repeat(125), "y".repeat(300), "", "z".repeat(70_000)];
  const bytes = new Uint8Array(payloads.flatMap((payload) => [...serverFrame(payload)]));
  // All read into one buffer, as the connections do: what is kept must be a copy.
  const shared = Buffer.alloc(bytes.length);
  for (const size of [13, 127, 129, 4_096, bytes.length]) {
    const read: string[] = [];
    const reader = new FrameReader((opcode, bytes, start, end) => {
      assertEquals(opcode, OPCODE.text);
      read.push(new TextDecoder().decode(bytes.subarray(start, end)));
    });
    for (let at = 0; at < bytes.length; at += size) {
      const chunk = bytes.subarray(at, at + size);
      shared.set(chunk);
      reader.push(shared.subarray(0, chunk.length));
      shared.fill(0);
    }
    assertEquals(read, payloads, `in chunks of ${size}`);
  }
});

Deno.test("a head that comes byte by byte is read as one that comes at once", () => {
  for (const payload of ["short", "y".repeat(300)]) {
    let read = "";
    const reader = new FrameReader((_, bytes, start, end) => {
      read += new TextDecoder().decode(bytes.subarray(start, end));
    });
    for (const byte of serverFrame(payload)) reader.push(Uint8Array.of(byte));
    assertEquals(read, payload);
  }
});

Deno.test("a message in fragments is one message, also with a ping between them", () => {
  const first = serverFrame("one, ");
  const last = serverFrame("two");
  first[0] = OPCODE.text;
  last[0] = 0x80 | OPCODE.continuation;
  const ping = Uint8Array.of(0x80 | OPCODE.ping, 0);
  const read: [number, string][] = [];
  const reader = new FrameReader((opcode, bytes, start, end) => {
    read.push([opcode, new TextDecoder().decode(bytes.subarray(start, end))]);
  });
  for (const frame of [first, ping, last, serverFrame("three")]) reader.push(frame);
  assertEquals(read, [[OPCODE.ping, ""], [OPCODE.text, "one, two"], [OPCODE.text, "three"]]);
});

Deno.test("a client's frame is masked, final and as long as it says", () => {
  for (const length of [0, 64, 125, 126, 5_000]) {
    const payload = new Uint8Array(length).fill(0x61);
    const { bytes, payloadAt } = clientFrame(OPCODE.text, payload);
    assertEquals(bytes[0], 0x81);
    assertEquals(bytes[1]! & 0x80, 0x80);
    const said = bytes[1]! & 0x7f;
    assertEquals(said === 126 ? bytes[2]! << 8 | bytes[3]! : said, length);
    const unmasked = bytes.slice(payloadAt).map((byte, at) => byte ^ MASK[at & 3]!);
    assertEquals(unmasked, payload);
  }
});
