import { assertEquals } from "@std/assert";
import { atTime } from "./at_time.ts";
import { FakeClock } from "./fake_clock.ts";

const DAY_MS = 24 * 3600_000;

function asked(afterMs: number | undefined) {
  const clock = new FakeClock();
  const calls: number[] = [];
  const start = clock.now();
  const at = afterMs === undefined ? undefined : start + afterMs;
  const cancel = atTime(clock, at, () => calls.push(clock.now() - start));
  return { clock, calls, cancel };
}

Deno.test("a time further away than a timer can hold comes once, and not before", () => {
  const { clock, calls } = asked(180 * DAY_MS);
  for (let day = 0; day < 179; day++) clock.advance(DAY_MS);
  assertEquals(calls, []);
  clock.advance(DAY_MS);
  clock.advance(DAY_MS);
  assertEquals(calls, [180 * DAY_MS]);
});

Deno.test("a time that is over comes at once, but not before whoever asked has the way to cancel", () => {
  const { clock, calls } = asked(-1);
  assertEquals(calls, []);
  clock.advance(0);
  assertEquals(calls, [0]);
});

Deno.test("cancelled, it never comes and leaves no timer", () => {
  const { clock, calls, cancel } = asked(DAY_MS);
  clock.advance(DAY_MS / 2);
  cancel();
  assertEquals(clock.pending, 0);
  clock.advance(DAY_MS);
  assertEquals(calls, []);
});

Deno.test("without a time there is no timer", () => {
  assertEquals(asked(undefined).clock.pending, 0);
});
