import { assertEquals } from "@std/assert";
import { clientFrame, MASK, OPCODE } from "./frames.ts";
import { blankContent, readSender, readTimeMs, writeStamp } from "./stamp.ts";
import { quantile, Tally } from "./tally.ts";

const SIZE = 64;

function content(sender: number, timeMs = 0): string {
  const frame = clientFrame(OPCODE.text, blankContent(SIZE, "chinese"));
  writeStamp(frame.bytes, frame.payloadAt, frame.payloadAt, MASK, sender, timeMs);
  const payload = frame.bytes.slice(frame.payloadAt);
  return new TextDecoder().decode(payload.map((byte, at) => byte ^ MASK[at & 3]!));
}

function add(tally: Tally, payload: string, sampled = true, speaker = -1): number {
  const bytes = new TextEncoder().encode(`##${payload}##`);
  return tally.add(bytes, 2, bytes.length - 2, sampled, speaker);
}

Deno.test("a stamp is read back from the bytes as it was written", () => {
  for (const [sender, timeMs] of [[0, 0], [65_535, 86_400_000.123], [4_711, 0.001]] as const) {
    const bytes = new TextEncoder().encode(content(sender, timeMs));
    assertEquals(bytes.length, SIZE);
    assertEquals(readSender(bytes, 0), sender);
    assertEquals(readTimeMs(bytes, 0), timeMs);
  }
});

Deno.test("every message of a frame is counted, whatever is around it and however long that is", () => {
  const tally = new Tally(SIZE, 1);
  const line = (seq: number) => `{"seq":${seq},"content":"${content(1)}","at":17}`;
  add(tally, content(1));
  add(tally, [content(1), content(2), content(1)].join("\n"));
  add(tally, [8, 9, 10, 11, 99, 100, 101].map(line).join("\n"));
  add(tally, [line(1), '{"type":"sent"}', line(2)].join("\n"));
  assertEquals(tally.sums.deliveries, 1 + 3 + 7 + 2);
  assertEquals(tally.sums.frames, 4);
});

Deno.test("what one frame looked like makes nobody miss a message of the next", () => {
  // A speaker's frames begin with its acknowledgements: eight of these are as long as three messages.
  const padded = (line: string, bytes: number) =>
    line + " ".repeat(bytes - new TextEncoder().encode(line).length);
  const message = padded(`{"type":"message","content":"${content(1)}"}`, 159);
  const sent = padded('{"type":"sent"}', 59);
  const tally = new Tally(SIZE, 1);
  add(tally, [...Array(8).fill(sent), message].join("\n"));
  add(tally, Array(8).fill(message).join("\n"));
  add(tally, [message, ...Array(8).fill(sent), message].join("\n"));
  add(tally, Array(8).fill(message).join("\n"));
  assertEquals(tally.sums.deliveries, 1 + 8 + 2 + 8);
});

Deno.test("what is no message, or only a part of one, is not counted", () => {
  const tally = new Tally(SIZE, 1);
  assertEquals(add(tally, '{"type":"joined","room":"~lobby;"}'), -1);
  assertEquals(add(tally, content(1).slice(0, -1)), -1);
  assertEquals(add(tally, "~".repeat(200)), -1);
  assertEquals(tally.sums, { deliveries: 0, frames: 0, bytes: 0 });
});

Deno.test("a speaker is told how many of its own messages came, others are not sampled", () => {
  const tally = new Tally(SIZE, 1);
  const payload = [content(7), content(8), content(7)].join("\n");
  assertEquals(add(tally, payload, true, 7), 2);
  assertEquals(tally.takeLatenciesMs().length, 3);
  assertEquals(add(tally, payload, false), 0);
  assertEquals(tally.takeLatenciesMs().length, 0);
  assertEquals(tally.sums.deliveries, 6);
});

Deno.test("quantiles of sorted samples", () => {
  const samples = Float64Array.from({ length: 100 }, (_, n) => n);
  assertEquals(quantile(samples, 0.5), 50);
  assertEquals(quantile(samples, 0.99), 99);
  assertEquals(quantile([], 0.5), NaN);
});
