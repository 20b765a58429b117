import { assertEquals, assertStrictEquals } from "@std/assert";
import { encodeTextFrame, wireOf } from "./frame.ts";
import type { Frame } from "./socket.ts";

function header(frame: Uint8Array, bytes: number): number[] {
  return [...frame.subarray(0, bytes)];
}

Deno.test("a frame's length takes the shortest of the three forms", () => {
  const cases: [number, number[]][] = [
    [0, [0x81, 0]],
    [125, [0x81, 125]],
    [126, [0x81, 126, 0, 126]],
    [65_535, [0x81, 126, 0xff, 0xff]],
    [65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
  ];
  for (const [length, expected] of cases) {
    const frame = encodeTextFrame("x".repeat(length));
    assertEquals(header(frame, expected.length), expected);
    assertEquals(frame.byteLength, expected.length + length);
  }
});

Deno.test("the length counts bytes of UTF-8, and lone surrogates become U+FFFD", () => {
  assertEquals([...encodeTextFrame("é")], [0x81, 2, 0xc3, 0xa9]);
  assertEquals([...encodeTextFrame("\ud800")], [0x81, 3, 0xef, 0xbf, 0xbd]);
});

Deno.test("a frame is encoded once, however many take its wire form", () => {
  const frame: Frame = { text: "shared" };
  assertStrictEquals(wireOf(frame), wireOf(frame));
});
