import { assertEquals } from "@std/assert";
import { CONTROL_FRAMES_PER_SECOND_MAX, ControlFrameLimit } from "./control_frame_limit.ts";

Deno.test("so many pings a second are taken, one more is not, the next second again", () => {
  const limit = new ControlFrameLimit();
  const taken = (nowMs: number) =>
    Array.from({ length: CONTROL_FRAMES_PER_SECOND_MAX + 1 }, () => limit.take(nowMs))
      .filter(Boolean).length;
  assertEquals(taken(0), CONTROL_FRAMES_PER_SECOND_MAX);
  assertEquals(taken(999), 0);
  assertEquals(taken(1_000), CONTROL_FRAMES_PER_SECOND_MAX);
});
