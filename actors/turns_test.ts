import { assertEquals } from "@std/assert";
import { FakeClock } from "./fake_clock.ts";
import { Turns } from "./turns.ts";

Deno.test("the longest turn is named, also when others came after it, and once", () => {
  const clock = new FakeClock();
  const turns = new Turns(clock);
  for (const [name, ms] of [["reader", 1], ["archive", 700], ["hub", 3]] as const) {
    turns.began(name);
    clock.advance(ms);
  }
  assertEquals(turns.takeLongest(), "archive");
  clock.advance(500);
  assertEquals(turns.takeLongest(), undefined, "nobody's turn has begun since");
  turns.began("hub");
  clock.advance(10);
  assertEquals(turns.takeLongest(), "hub");
});
