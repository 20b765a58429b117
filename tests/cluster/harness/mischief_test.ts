import { assertEquals } from "@std/assert";
import { Mischief, type Odds } from "./mischief.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const published = (what: string) =>
  `*3\r\n$7\r\nmessage\r\n$4\r\nroom\r\n$${what.length}\r\n${what}\r\n`;
const NONE: Odds = { drop: 0, double: 0, swap: 0 };

/** What a subscriber gets of a stream that comes in pieces of `size` bytes. */
function through(odds: Odds, stream: string, size = 7): string {
  const tamper = new Mischief(odds, 1).tamper();
  const bytes = new TextEncoder().encode(stream);
  let came = "";
  for (let at = 0; at < bytes.length; at += size) {
    for (const piece of tamper(bytes.subarray(at, at + size))) came += text(piece);
  }
  return came;
}

Deno.test("published messages are lost, doubled or swapped whole, wherever the stream is cut", () => {
  const stream = published("a") + published("b") + published("c");
  for (const size of [1, 2, 7, 1000]) {
    assertEquals(through(NONE, stream, size), stream);
    assertEquals(through({ ...NONE, drop: 100 }, stream, size), "");
    assertEquals(
      through({ ...NONE, double: 100 }, stream, size),
      published("a").repeat(2) + published("b").repeat(2) + published("c").repeat(2),
    );
    // The third waits for a fourth.
    assertEquals(through({ ...NONE, swap: 100 }, stream, size), published("b") + published("a"));
  }
});

Deno.test("pushes of RESP3 and of shards are published messages, replies are not", () => {
  const dropped = ">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nb\r\n" +
    "*3\r\n$8\r\nsmessage\r\n$1\r\na\r\n$1\r\nb\r\n";
  const kept = "+OK\r\n:12\r\n$-1\r\n*-1\r\n$7\r\nmessage\r\n%1\r\n+a\r\n*2\r\n:1\r\n_\r\n" +
    "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n|1\r\n+ttl\r\n:3\r\n$2\r\nhi\r\n";
  for (const size of [1, 5, 1000]) {
    assertEquals(through({ ...NONE, drop: 100 }, dropped + kept, size), kept);
  }
});
