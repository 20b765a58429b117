const WORD = /[\p{L}\p{M}\p{N}\-_.]/u;

/** Whether the text names the user: `@name`, in any case, not as a part of a longer name. */
export function mentions(content: string, user: string): boolean {
  const text = content.toLowerCase();
  const wanted = `@${user.toLowerCase()}`;
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + 1)) {
    const before = text[at - 1];
    const rest = text.slice(at + wanted.length);
    const ends = rest === "" || !WORD.test(rest[0]!) || /^\.(?![\p{L}\p{N}])/u.test(rest);
    if (ends && (before === undefined || !WORD.test(before))) return true;
  }
  return false;
}
