import { assertEquals } from "@std/assert";
import { closeReason } from "./close_reason.ts";

Deno.test("a close reason is cut to 123 bytes between characters", () => {
  assertEquals(closeReason("too slow"), "too slow");
  assertEquals(closeReason("x".repeat(200)), "x".repeat(123));
  assertEquals(closeReason("x" + "é".repeat(100)), "x" + "é".repeat(61));
  assertEquals(closeReason("x" + "👋".repeat(100)), "x" + "👋".repeat(30));
});
