import { assertEquals } from "@std/assert";
import { canonicalForm } from "./canonical.ts";

Deno.test("the canonical form of a canonical form is itself, for every character", () => {
  const changed: string[] = [];
  for (let point = 1; point <= 0x10ffff; point++) {
    if (point === 0xd800) point = 0xe000;
    const once = canonicalForm(String.fromCodePoint(point));
    if (canonicalForm(once) !== once) changed.push(point.toString(16));
  }
  assertEquals(changed, []);
});

Deno.test("case, width and look-alike letters do not make another name", () => {
  for (
    const [same, as] of [
      ["ALICE", "alice"],
      ["ＡＬＩＣＥ", "alice"],
      ["𝒜𝓁𝒾𝒸𝑒", "alice"],
      ["STRASSE", "straße"],
      ["ΝΊΚΟΣ", "νίκος"],
      ["сосо", "coco"],
      ["СОСО", "coco"],
      ["ΤΟΜ", "tom"],
      ["ѕсоре", "scope"],
    ] as const
  ) {
    assertEquals(canonicalForm(same), canonicalForm(as), same);
  }
});
