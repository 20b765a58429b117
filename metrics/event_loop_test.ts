import { assertEquals } from "@std/assert";
import { FakeClock } from "../actors/fake_clock.ts";
import { watchEventLoop } from "./event_loop.ts";

/** A clock whose timers fire late: what ran before them held the loop. */
class HeldClock extends FakeClock {
  heldMs = 0;

  override monotonic(): number {
    return super.monotonic() + this.heldMs;
  }
}

Deno.test("a timer that fires late is the loop's lag, and the next look begins anew", () => {
  const clock = new HeldClock();
  const looks: number[] = [];
  const stop = watchEventLoop(clock, (lagMs) => looks.push(lagMs));
  clock.advance(250);
  clock.heldMs += 400;
  clock.advance(250);
  clock.advance(250);
  assertEquals(looks, [0, 400, 0]);
  stop();
});

Deno.test("stopped, it leaves no timer", () => {
  const clock = new FakeClock();
  const stop = watchEventLoop(clock, () => {});
  clock.advance(1_000);
  stop();
  assertEquals(clock.pending, 0);
});
