import { assertEquals, assertLess } from "@std/assert";
import { type Inline, inline, isOnlyEmoji } from "./inline.ts";
import { parse } from "./parse.ts";

const link = (href: string, ...content: Inline[]): Inline => ({ type: "link", href, content });

const LINES: readonly (readonly [string, readonly Inline[]])[] = [
  ["plain words", ["plain words"]],
  ["**bold** and *italic* and _too_", [
    { type: "bold", content: ["bold"] },
    " and ",
    { type: "italic", content: ["italic"] },
    " and ",
    { type: "italic", content: ["too"] },
  ]],
  ["**bold *and* more**", [{
    type: "bold",
    content: ["bold ", { type: "italic", content: ["and"] }, " more"],
  }]],
  ["~~gone~~", [{ type: "strike", content: ["gone"] }]],
  ["`a * b * c`", [{ type: "code", text: "a * b * c" }]],
  ["`` a`b ``", [{ type: "code", text: "a`b" }]],
  ["2 * 3 * 4", ["2 * 3 * 4"]],
  ["snake_case_name", ["snake_case_name"]],
  ["**open", ["**open"]],
  ["`open", ["`open"]],
  ["\\*not\\*", ["*not*"]],
  ["see https://a.example/x?y=1#z.", [
    "see ",
    link("https://a.example/x?y=1#z", "https://a.example/x?y=1#z"),
    ".",
  ]],
  ["(https://a.example/b_(c))", [
    "(",
    link("https://a.example/b_(c)", "https://a.example/b_(c)"),
    ")",
  ]],
  ["看https://a.example。好", ["看", link("https://a.example", "https://a.example"), "。好"]],
  ["[the page](https://a.example)", [link("https://a.example", "the page")]],
  ["[x](javascript:alert(1))", ["[x](javascript:alert(1))"]],
  ["javascript:alert(1) data:text/html,x", ["javascript:alert(1) data:text/html,x"]],
  ["http://", ["http://"]],
  ["@bob: hi", [{ type: "mention", name: "bob" }, ": hi"]],
  ["你好@bob", ["你好", { type: "mention", name: "bob" }]],
  ["mail a@b.example", ["mail a@b.example"]],
  ["@陈伟 你好", [{ type: "mention", name: "陈伟" }, " 你好"]],
  ["in #dev and #42", ["in ", { type: "room", name: "dev" }, " and #42"]],
  ["<b onclick=x>no</b>", ["<b onclick=x>no</b>"]],
  ["[@bob](https://a.example)", [link("https://a.example", "@bob")]],
];

Deno.test("inline Markdown means what people mean by it", () => {
  for (const [text, expected] of LINES) assertEquals(inline(text), expected, text);
});

Deno.test("an address inside a word is none", () => {
  assertEquals(inline("xhttps://a.example"), ["xhttps://a.example"]);
});

Deno.test("blocks: paragraphs, code, quotes and lists, each to its end", () => {
  assertEquals(parse("one\ntwo\n\nthree"), [
    { type: "paragraph", lines: [["one"], ["two"], [], ["three"]] },
  ]);
  assertEquals(parse("```ts\na *b*\n\n  c\n```\nafter"), [
    { type: "code", language: "ts", text: "a *b*\n\n  c" },
    { type: "paragraph", lines: [["after"]] },
  ]);
  assertEquals(parse("```\nnever closed"), [
    { type: "paragraph", lines: [["```"], ["never closed"]] },
  ]);
  assertEquals(parse("> a\n> > b\nc"), [
    {
      type: "quote",
      content: [
        { type: "paragraph", lines: [["a"]] },
        { type: "quote", content: [{ type: "paragraph", lines: [["b"]] }] },
      ],
    },
    { type: "paragraph", lines: [["c"]] },
  ]);
  assertEquals(parse("- a\n- b\n3. c"), [
    { type: "list", start: undefined, items: [["a"], ["b"]] },
    { type: "list", start: 3, items: [["c"]] },
  ]);
  assertEquals(parse("\n \n"), []);
});

Deno.test("hostile text is parsed in bounded time and loses no character", () => {
  const textOf = (item: unknown): string => {
    if (typeof item === "string") return item;
    if (Array.isArray(item)) return item.map(textOf).join("");
    const { content, text, name, lines, items } = item as Record<string, unknown>;
    return textOf(content ?? text ?? name ?? lines ?? items ?? "");
  };
  for (
    const piece of ["*", "_", "**a", "`", "``a", "[", "[](", "> ", "- ", "~~", "@a", "https://("]
  ) {
    const text = piece.repeat(Math.ceil(4096 / piece.length)).slice(0, 4096);
    // The best of some: other programs use this machine, too.
    let bestMs = Infinity;
    for (let round = 0; round < 20 && bestMs >= 250; round++) {
      const startMs = performance.now();
      const shown = textOf(parse(text));
      bestMs = Math.min(bestMs, performance.now() - startMs);
      assertLess(shown.length, text.length + 1, piece);
    }
    assertLess(bestMs, 250, piece);
  }
});

Deno.test("a few emoji alone are told from text", () => {
  for (const text of ["👍", "🎉🎉", "👩‍👩‍👧 ❤️", "🇨🇳"]) assertEquals(isOnlyEmoji(text), true, text);
  for (const text of ["", "1", "ok 👍", "👍".repeat(7), "12"]) {
    assertEquals(isOnlyEmoji(text), false, text);
  }
});
