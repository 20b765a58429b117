/** The word before the cursor that Tab completes, and what it may become. */
export interface Completion {
  /** Where the word begins. */
  readonly from: number;
  readonly candidates: readonly string[];
}

/**
 * `@al` and a bare `al` complete to a name, `#lo` to a room. A name at the beginning of the text is
 * followed by a colon, as people address each other.
 */
export function complete(
  text: string,
  cursor: number,
  names: readonly string[],
  rooms: readonly string[],
): Completion | undefined {
  const word = /[@#]?[\p{L}\p{M}\p{N}\-_.]*$/u.exec(text.slice(0, cursor))?.[0] ?? "";
  if (word === "") return undefined;
  const from = cursor - word.length;
  const isRoom = word.startsWith("#");
  const typed = word.replace(/^[@#]/, "").toLowerCase();
  if (typed === "" && word === "") return undefined;
  const candidates = (isRoom ? rooms : names)
    .filter((name) => name.toLowerCase().startsWith(typed))
    .sort((a, b) => a.localeCompare(b))
    .map((name) => isRoom ? `#${name} ` : from === 0 ? `@${name}: ` : `@${name} `);
  return candidates.length > 0 ? { from, candidates } : undefined;
}
