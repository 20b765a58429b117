import { assertEquals, assertStringIncludes } from "@std/assert";
import { isPlainText, refuseContent } from "./content.ts";
import { DEFAULT_LIMITS } from "./limits.ts";

const limits = { ...DEFAULT_LIMITS, messageBytes: 12 };

Deno.test("content is measured in bytes of UTF-8, to the byte", () => {
  for (
    const [content, fits] of [
      ["x".repeat(12), true],
      ["x".repeat(13), false],
      ["é".repeat(6), true],
      ["é".repeat(6) + "x", false],
      ["中".repeat(4), true],
      ["中".repeat(4) + "x", false],
      ["😀".repeat(3), true],
      ["😀".repeat(3) + "x", false],
      ["x".repeat(1_000_000), false],
    ] as const
  ) {
    const refusal = refuseContent(content, limits);
    assertEquals(refusal?.code, fits ? undefined : "too_large", content.slice(0, 20));
  }
});

Deno.test("a refusal of content says the limit and what came", () => {
  assertEquals(
    refuseContent("中".repeat(4) + "x", limits)?.message,
    "content: expected at most 12 bytes of UTF-8, got 13",
  );
  assertStringIncludes(refuseContent("x".repeat(99), limits)?.message ?? "", "more than 12");
});

Deno.test("text that a store would cut or change is not plain", () => {
  for (const text of ["a\0b", "a\ud800", "\udc00a"]) {
    assertEquals(isPlainText(text), false);
    assertEquals(refuseContent(text, limits)?.code, "bad_command");
  }
  for (const text of ["", "😀", "\u202e", "\ufffd", "\x1b[1m"]) {
    assertEquals(isPlainText(text), true);
  }
});
