import { assertEquals } from "@std/assert";
import { type Budget, goBack } from "./search_windows.ts";

/** A clock that moves only when `pass` is called. */
function clock(ms: number): Budget & { pass(ms: number): void } {
  let now = 1000;
  return { ms, startedMs: now, now: () => now, pass: (by) => void (now += by) };
}

function windows(low: number, high: number, budget: number, costMs: (size: number) => number) {
  const time = clock(budget);
  const visited: [number, number][] = [];
  const stopped = goBack(low, high, time, (from, to) => {
    visited.push([from, to]);
    time.pass(costMs(to - from));
    return undefined;
  });
  return { stopped, visited };
}

Deno.test("windows meet, grow to a limit while they are quick, and end at the beginning", () => {
  const { stopped, visited } = windows(1, 4_001, 8, () => 0.1);
  assertEquals(visited, [
    [3_937, 4_001],
    [3_681, 3_937],
    [2_657, 3_681],
    [1_633, 2_657],
    [609, 1_633],
    [1, 609],
  ]);
  assertEquals(stopped, undefined);
});

Deno.test("slow windows do not grow, and the budget ends them", () => {
  const { stopped, visited } = windows(1, 1_000_001, 8, () => 3);
  assertEquals(visited.map(([from, to]) => to - from), [64, 64, 64]);
  assertEquals(stopped, 1_000_001 - 3 * 64);
});

Deno.test("windows cost what they cost: no look of a window is free", () => {
  const free = { looks: 64 };
  const time = { ...clock(8), free };
  let visits = 0;
  goBack(1, 1_000_001, time, () => {
    visits++;
    time.pass(3);
    return undefined;
  });
  assertEquals([visits, free.looks], [3, 64]);
});

Deno.test("one window is visited however little time there is", () => {
  const { stopped, visited } = windows(1, 10_001, 0, () => 5);
  assertEquals(visited, [[9_937, 10_001]]);
  assertEquals(stopped, 9_937);
});

Deno.test("nothing to visit is no visit", () => {
  assertEquals(windows(5, 5, 8, () => 1), { stopped: undefined, visited: [] });
});

Deno.test("where the visitor stops is the answer", () => {
  assertEquals(goBack(1, 9_000, clock(8), () => 8_123), 8_123);
});
