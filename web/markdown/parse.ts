import { type Inline, inline } from "./inline.ts";

/**
 * The part of Markdown that people use in a chat, as a tree of plain data. Nothing in it is ever
 * markup: what is not understood stays text. Linear in the text's length but for a small factor:
 * every search for a closing mark runs to the end of its paragraph at most.
 */
export type Block =
  | { readonly type: "paragraph"; readonly lines: readonly (readonly Inline[])[] }
  | { readonly type: "code"; readonly language: string; readonly text: string }
  | { readonly type: "quote"; readonly content: readonly Block[] }
  | {
    readonly type: "list";
    /** The first number; undefined for bullets. */
    readonly start: number | undefined;
    readonly items: readonly (readonly Inline[])[];
  };

/** Quotes in quotes deeper than this are text. */
const QUOTE_DEPTH_MAX = 4;

const FENCE = /^\s{0,3}```\s*([\w+#.-]*)\s*$/;
const QUOTE = /^>\s?/;
const BULLET = /^\s{0,3}[-*•]\s+(?=\S)/;
const NUMBER = /^\s{0,3}(\d{1,9})[.)]\s+(?=\S)/;

export function parse(text: string): readonly Block[] {
  return blocks(text.replaceAll("\r\n", "\n").split("\n"), 0);
}

function blocks(lines: readonly string[], depth: number): readonly Block[] {
  const result: Block[] = [];
  let paragraph: string[] = [];
  const endParagraph = () => {
    if (paragraph.some((line) => line.trim() !== "")) {
      result.push({ type: "paragraph", lines: trimEmpty(paragraph).map((line) => inline(line)) });
    }
    paragraph = [];
  };
  for (let at = 0; at < lines.length;) {
    const line = lines[at]!;
    const fence = FENCE.exec(line);
    if (fence) {
      const end = lines.findIndex((l, i) => i > at && l.trim() === "```");
      if (end !== -1) {
        endParagraph();
        const code = lines.slice(at + 1, end).join("\n");
        result.push({ type: "code", language: fence[1]!, text: code });
        at = end + 1;
        continue;
      }
    }
    const oneLineFence = /^```(.+)```\s*$/.exec(line);
    if (oneLineFence) {
      endParagraph();
      result.push({ type: "code", language: "", text: oneLineFence[1]! });
      at++;
    } else if (QUOTE.test(line) && depth < QUOTE_DEPTH_MAX) {
      endParagraph();
      const from = at;
      while (at < lines.length && QUOTE.test(lines[at]!)) at++;
      const inner = lines.slice(from, at).map((l) => l.replace(QUOTE, ""));
      result.push({ type: "quote", content: blocks(inner, depth + 1) });
    } else if (BULLET.test(line) || NUMBER.test(line)) {
      endParagraph();
      const marker = BULLET.test(line) ? BULLET : NUMBER;
      const start = marker === NUMBER ? Number(NUMBER.exec(line)![1]) : undefined;
      const items: (readonly Inline[])[] = [];
      while (at < lines.length && marker.test(lines[at]!)) {
        items.push(inline(lines[at]!.replace(marker, "")));
        at++;
      }
      result.push({ type: "list", start, items });
    } else {
      paragraph.push(line);
      at++;
    }
  }
  endParagraph();
  return result;
}

function trimEmpty(lines: readonly string[]): readonly string[] {
  const first = lines.findIndex((line) => line.trim() !== "");
  const last = lines.findLastIndex((line) => line.trim() !== "");
  return lines.slice(first, last + 1);
}
