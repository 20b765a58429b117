import { assertEquals } from "@std/assert";
import type { WireMessage } from "../../protocol/events.ts";
import { RoomLog } from "./log.ts";

const message = (seq: number, more: Partial<WireMessage> = {}): WireMessage => ({
  type: "message",
  room: "lobby",
  seq,
  from: "bob",
  content: `m${seq}`,
  at: seq,
  ...more,
});
const seqs = (log: RoomLog) => log.rows.map((row) => row.seq);

Deno.test("events are kept in order, each once, however they come", () => {
  const log = new RoomLog();
  for (const seq of [5, 7, 6, 7]) log.apply(message(seq));
  assertEquals(seqs(log), [5, 6, 7]);
});

Deno.test("an event older than everything here is not put before a gap", () => {
  const log = new RoomLog();
  log.apply(message(5));
  log.apply(message(2));
  assertEquals(seqs(log), [5]);
});

Deno.test("edits, deletions and reactions change the message they name", () => {
  const log = new RoomLog();
  const base = { room: "lobby", from: "bob", at: 9 };
  log.apply(message(1));
  log.apply({ type: "edited", seq: 2, target: 1, content: "better", ...base });
  assertEquals([log.message(1)?.content, log.message(1)?.edited], ["better", 9]);
  const reacted = { type: "reacted", target: 1, emoji: "👍", ...base } as const;
  log.apply({ ...reacted, seq: 3, on: true });
  log.apply({ ...reacted, seq: 4, on: true, from: "amy" });
  log.apply({ ...reacted, seq: 4, on: true, from: "amy" });
  assertEquals(log.message(1)?.reactions, { "👍": ["bob", "amy"] });
  log.apply({ ...reacted, seq: 5, on: false });
  log.apply({ ...reacted, seq: 6, on: false, from: "amy" });
  assertEquals(log.message(1)?.reactions, undefined);
  log.apply({ type: "deleted", seq: 7, target: 1, ...base });
  assertEquals([log.message(1)?.content, log.message(1)?.deleted], ["", 9]);
  log.apply({ type: "deleted", seq: 8, target: 99, ...base });
  assertEquals(seqs(log), [1]);
});

Deno.test("pages join on at both ends without doubling a row", () => {
  const log = new RoomLog();
  log.replace([message(50), message(51)], false, false);
  log.addPage("older", [message(48), message(49), message(50)], true);
  log.addPage("newer", [message(51), message(52)], false);
  assertEquals(seqs(log), [48, 49, 50, 51, 52]);
  assertEquals([log.atStart, log.atEnd], [false, true]);
});

Deno.test("a stretch that does not end at the newest takes no live event", () => {
  const log = new RoomLog();
  log.replace([message(10)], false, false);
  log.apply(message(99));
  assertEquals(seqs(log), [10]);
});

Deno.test("trimming forgets one end and knows that there is more", () => {
  const log = new RoomLog();
  log.replace([1, 2, 3, 4].map((seq) => message(seq)), true, true);
  log.trim(3, "oldest");
  assertEquals([seqs(log), log.atStart, log.atEnd], [[2, 3, 4], false, true]);
  log.trim(2, "newest");
  assertEquals([seqs(log), log.atEnd], [[2, 3], false]);
});
