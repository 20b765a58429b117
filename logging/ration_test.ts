import { assertEquals } from "@std/assert";
import type { LogFields } from "./log.ts";
import { ration } from "./ration.ts";

Deno.test("a flood is so many lines a window, and the next line says what was left out", () => {
  let nowMs = 0;
  const lines: [string, LogFields | undefined][] = [];
  const log = ration((event, fields) => lines.push([event, fields]), {
    most: 2,
    withinMs: 1_000,
    monotonic: () => nowMs,
  });
  for (let count = 0; count < 10; count++) log("refused", { count });
  assertEquals(lines, [["refused", { count: 0 }], ["refused", { count: 1 }]]);
  nowMs = 1_000;
  log("refused", { count: 10 });
  log("refused", { count: 11 });
  assertEquals(lines.slice(2), [
    ["refused", { count: 10, leftOut: 8 }],
    ["refused", { count: 11 }],
  ]);
});
