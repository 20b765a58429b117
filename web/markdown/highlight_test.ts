import { assert, assertEquals } from "@std/assert";
import { highlight } from "./highlight.ts";

const typesOf = (language: string, code: string) =>
  highlight(language, code)?.filter(({ type }) => type).map(({ text, type }) => `${type} ${text}`);

Deno.test("code in a language that is known comes in tokens, by any of its names", () => {
  const tokens = ["kwd const", "oper =", "num 1", "cmnt // one"];
  assertEquals(typesOf("ts", "const a = 1; // one"), tokens);
  assertEquals(typesOf("TypeScript", "const a = 1; // one"), tokens);
  assert(typesOf("python", "def f(): return None")?.includes("kwd def"));
  assert(typesOf("sh", 'echo "hi"')?.includes('str "hi"'));
  assert(typesOf("json", '{"a": true}')?.includes("bool true"));
});

Deno.test("what is in no language that is known stays plain, whatever it is called", () => {
  for (const language of ["", "klingon", "__proto__", "constructor", "toString", "default"]) {
    assertEquals(highlight(language, "const a = 1;"), undefined, language);
  }
});

const HOSTILE = ["a", '"', "/*", "<", "`${", "(", " ", "\\", "'", "#", "0.", "- ", "a=", "<a "];

Deno.test("no character of the code is lost or added, in any language", () => {
  const codes = [
    "const a = `x ${b + `y ${c}`} z`; /* 1 */\r\n\tif (a < b && c > d) { return /[a-z]+/g; }\n",
    "<script>let a = \"</script>\";</script>\n<a href='x'>ü 中文 🎉</a>",
    "",
    "\n\n",
    ...HOSTILE.map((piece) => piece.repeat(100)),
  ];
  for (const language of ["bash", "c", "css", "diff", "go", "html", "java", "js", "json"]) {
    for (const code of codes) {
      assertEquals(highlight(language, code)?.map(({ text }) => text).join(""), code, language);
    }
  }
});

Deno.test("what would take long to colour stays plain: long lines and long blocks", () => {
  assertEquals(highlight("ts", "a".repeat(401)), undefined);
  assertEquals(highlight("ts", "a = 1\n".repeat(1_000)), undefined);
  assert(highlight("ts", `${"a".repeat(400)}\n`.repeat(10)));
});
