import { assertEquals } from "@std/assert";
import { DrainWatch } from "./drain_watch.ts";
import { HIGH_WATER_BYTES } from "./socket.ts";

Deno.test("a drain is told once, of the one that drained, and the timer then stops", () => {
  const watch = new DrainWatch();
  const drained: string[] = [];
  const first = { bufferedAmount: HIGH_WATER_BYTES * 2 };
  const second = { bufferedAmount: HIGH_WATER_BYTES * 2 };
  watch.add(first, () => drained.push("first"));
  watch.add(second, () => drained.push("second"));
  first.bufferedAmount = HIGH_WATER_BYTES - 1;
  watch.look();
  assertEquals(drained, [], "not before the low-water mark");
  first.bufferedAmount = 0;
  watch.look();
  watch.look();
  assertEquals(drained, ["first"]);
  // A timer that went on running now would be a leak, which the test runner reports.
  watch.delete(second);
});
