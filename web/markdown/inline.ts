/** What stands within one line. */
export type Inline =
  | string
  | { readonly type: "bold" | "italic" | "strike"; readonly content: readonly Inline[] }
  | { readonly type: "code"; readonly text: string }
  | { readonly type: "link"; readonly href: string; readonly content: readonly Inline[] }
  | { readonly type: "mention"; readonly name: string }
  | { readonly type: "room"; readonly name: string };

const INLINE_DEPTH_MAX = 6;

const WORD = /[\p{L}\p{N}_]/u;
/** Chinese and Japanese put no space before an address or a name. */
const LATIN_WORD = /[A-Za-z0-9_]/;
const URL_START = /https?:\/\//iy;
/** To a space, or to the punctuation that ends a clause where no spaces are written. */
const URL_REST = /[^\s<>"`，。；：！？、（）【】《》「」“”]+/y;
const NAME = /[@#](?=[\p{L}\p{N}])[\p{L}\p{M}\p{N}\-_.]*[\p{L}\p{M}\p{N}]/uy;
const LABEL =
  /\[([^[\]\n]{1,300})\]\((https?:\/\/[^\s()<>"]{1,2000}(?:\([^\s()<>"]*\)[^\s()<>"]*)?)\)/iy;
const MARKS = [
  { mark: "**", type: "bold" },
  { mark: "__", type: "bold" },
  { mark: "~~", type: "strike" },
  { mark: "*", type: "italic" },
  { mark: "_", type: "italic" },
] as const;
/** The characters at which something may begin; all else is skipped quickly. */
const SPECIAL = /[`*_~[\\@#hH]/g;

/** One line of text. */
export function inline(text: string, depth = 0): readonly Inline[] {
  const result: Inline[] = [];
  let plain = "";
  const put = (item: Inline) => {
    if (plain !== "") result.push(plain);
    plain = "";
    result.push(item);
  };
  let at = 0;
  while (at < text.length) {
    SPECIAL.lastIndex = at;
    const next = SPECIAL.exec(text)?.index ?? text.length;
    plain += text.slice(at, next);
    at = next;
    if (at >= text.length) break;
    const found = special(text, at, depth);
    if (found) {
      if (typeof found.item === "string") plain += found.item;
      else put(found.item);
      at = found.end;
    } else plain += text[at++];
  }
  if (plain !== "") result.push(plain);
  return result;
}

interface Found {
  readonly item: Inline;
  readonly end: number;
}

function special(text: string, at: number, depth: number): Found | undefined {
  switch (text[at]) {
    case "\\": {
      const next = text[at + 1];
      return next && /[\\`*_~[\]#@>]/.test(next) ? { item: next, end: at + 2 } : undefined;
    }
    case "`":
      return codeSpan(text, at);
    case "[":
      return labelled(text, at, depth);
    case "h":
    case "H":
      return url(text, at);
    case "@":
    case "#":
      return name(text, at);
    default:
      return emphasis(text, at, depth);
  }
}

function codeSpan(text: string, at: number): Found | undefined {
  const ticks = /`+/y;
  ticks.lastIndex = at;
  const mark = ticks.exec(text)![0];
  const end = text.indexOf(mark, at + mark.length);
  if (end === -1) return { item: mark, end: at + mark.length };
  const inner = text.slice(at + mark.length, end);
  if (inner.trim() === "") return { item: mark, end: at + mark.length };
  return {
    item: { type: "code", text: mark.length > 1 ? inner.trim() : inner },
    end: end + mark.length,
  };
}

function labelled(text: string, at: number, depth: number): Found | undefined {
  LABEL.lastIndex = at;
  const match = LABEL.exec(text);
  const href = match && safeHref(match[2]!);
  if (!match || !href) return undefined;
  const content = depth < INLINE_DEPTH_MAX
    ? inline(match[1]!, INLINE_DEPTH_MAX).map((item) =>
      typeof item === "string" ? item : plainOf(item)
    )
    : [match[1]!];
  return { item: { type: "link", href, content }, end: LABEL.lastIndex };
}

function url(text: string, at: number): Found | undefined {
  if (at > 0 && LATIN_WORD.test(text[at - 1]!)) return undefined;
  URL_START.lastIndex = at;
  if (!URL_START.test(text)) return undefined;
  URL_REST.lastIndex = at;
  let end = at + URL_REST.exec(text)![0].length;
  // Punctuation that ends the sentence, and a bracket that was opened outside.
  for (;;) {
    const last = text[end - 1]!;
    if (/[.,;:!?'*_~]/.test(last)) end--;
    else if (last === ")" && !balanced(text.slice(at, end), "(", ")")) end--;
    else if (last === "]" && !balanced(text.slice(at, end), "[", "]")) end--;
    else break;
  }
  const shown = text.slice(at, end);
  const href = safeHref(shown);
  return href ? { item: { type: "link", href, content: [shown] }, end } : undefined;
}

function balanced(text: string, open: string, close: string): boolean {
  return text.split(open).length >= text.split(close).length;
}

/** Only what a browser opens as a web page. */
function safeHref(href: string): string | undefined {
  try {
    const { protocol } = new URL(href);
    return protocol === "http:" || protocol === "https:" ? href : undefined;
  } catch {
    return undefined;
  }
}

function name(text: string, at: number): Found | undefined {
  if (at > 0 && (LATIN_WORD.test(text[at - 1]!) || /[/@#&]/.test(text[at - 1]!))) return undefined;
  NAME.lastIndex = at;
  const match = NAME.exec(text)?.[0];
  if (!match) return undefined;
  const type = text[at] === "@" ? "mention" : "room";
  // "#1" is a number more often than a room.
  if (type === "room" && /^#\d+$/.test(match)) return undefined;
  return { item: { type, name: match.slice(1) }, end: at + match.length };
}

function emphasis(text: string, at: number, depth: number): Found | undefined {
  if (depth >= INLINE_DEPTH_MAX) return undefined;
  for (const { mark, type } of MARKS) {
    if (!text.startsWith(mark, at)) continue;
    const from = at + mark.length;
    const isWordMark = mark[0] === "_";
    if (text[from] === undefined || /\s/.test(text[from])) continue;
    if (isWordMark && at > 0 && WORD.test(text[at - 1]!)) continue;
    const end = closing(text, from, mark, isWordMark);
    if (end === -1) continue;
    const content = inline(text.slice(from, end), depth + 1);
    return { item: { type, content }, end: end + mark.length };
  }
  return undefined;
}

function closing(text: string, from: number, mark: string, isWordMark: boolean): number {
  for (let end = text.indexOf(mark, from + 1); end !== -1; end = text.indexOf(mark, end + 1)) {
    if (/\s/.test(text[end - 1]!)) continue;
    const after = text[end + mark.length];
    // "**a*" is not an ending of "*": the longer mark goes first.
    if (mark.length === 1 && (after === mark || text[end - 1] === mark)) continue;
    if (isWordMark && after !== undefined && WORD.test(after)) continue;
    return end;
  }
  return -1;
}

function plainOf(item: Exclude<Inline, string>): Inline {
  if (item.type === "mention") return `@${item.name}`;
  if (item.type === "room") return `#${item.name}`;
  if (item.type === "link") return item.content[0] ?? "";
  return item;
}

/** Whether it is only emoji, and few: then they are shown larger. */
export function isOnlyEmoji(text: string): boolean {
  const compact = text.replaceAll(/\s/g, "");
  return compact.length > 0 && compact.length <= 40 &&
    /^(?:\p{RGI_Emoji}){1,6}$/v.test(compact);
}
