import { assertEquals } from "@std/assert";
import { Reports, UNHEARD_MESSAGES_MAX } from "./reports.ts";
import type { SocketListener } from "./socket.ts";

function recorder(): SocketListener & { readonly log: string[] } {
  const log: string[] = [];
  return {
    log,
    onText: (text) => log.push(text),
    onAlive: () => log.push("(alive)"),
    onDrain: () => log.push("(drain)"),
    onEnd: ({ code }) => log.push(`(end ${code})`),
  };
}

function unexpected(error: unknown): void {
  throw error;
}

Deno.test("what comes before listen is kept, in order, and so is the end", () => {
  const reports = new Reports(unexpected);
  reports.text("one");
  reports.text("two");
  reports.end(1001, "");
  reports.end(1006, "");
  const listener = recorder();
  reports.listen(listener);
  assertEquals(listener.log, ["one", "two", "(end 1001)"]);
});

Deno.test("only so much is kept before listen, and the rest is refused", () => {
  const reports = new Reports(unexpected);
  const kept = Array.from({ length: UNHEARD_MESSAGES_MAX + 1 }, (_, i) => reports.text(`${i}`));
  assertEquals([kept.filter(Boolean).length, kept.at(-1)], [UNHEARD_MESSAGES_MAX, false]);
});

Deno.test("the end comes once, and nothing after it", () => {
  const reports = new Reports(unexpected);
  const listener = recorder();
  reports.listen(listener);
  reports.text("one");
  reports.end(1000, "");
  reports.end(1006, "");
  reports.text("late");
  reports.alive();
  reports.drain();
  assertEquals(listener.log, ["one", "(end 1000)"]);
});

Deno.test("a connection that is closing reports its end only", () => {
  const reports = new Reports(unexpected);
  const listener = recorder();
  reports.listen(listener);
  reports.quiet();
  reports.text("late");
  reports.alive();
  reports.drain();
  reports.end(1008, "");
  assertEquals(listener.log, ["(end 1008)"]);
});

Deno.test("a listener that throws is reported with the place, and the rest goes on", () => {
  const failures: string[] = [];
  const reports = new Reports((error, where) => failures.push(`${where}: ${error}`));
  const fail = () => {
    throw "bug";
  };
  reports.listen({ onText: fail, onAlive: fail, onDrain: fail, onEnd: fail });
  reports.text("one");
  reports.alive();
  reports.drain();
  reports.end(1000, "");
  assertEquals(failures, ["onText: bug", "onAlive: bug", "onDrain: bug", "onEnd: bug"]);
});
