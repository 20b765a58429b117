const WORD = /[\p{L}\p{M}\p{N}\-_.]/u;
const LATIN_WORD = /[A-Za-z0-9\-_.]/;
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

/**
 * Whether the text names the user: `@name`, in any case, not as a part of a longer name. Chinese and
 * Japanese put no space around it.
 */
export function mentions(content: string, user: string): boolean {
  const text = content.toLowerCase();
  const wanted = `@${user.toLowerCase()}`;
  const isLatin = LATIN_WORD.test(user.slice(-1));
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + 1)) {
    const before = text[at - 1];
    const rest = text.slice(at + wanted.length);
    const ends = !WORD.test(rest[0] ?? " ") || (isLatin && UNSPACED.test(rest[0]!)) ||
      /^\.(?![\p{L}\p{N}])/u.test(rest);
    if (ends && (before === undefined || !LATIN_WORD.test(before))) return true;
  }
  return false;
}
