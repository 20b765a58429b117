/** No shorter text is indexed. */
export const GRAM_CHARS = 3;
const GRAM_BYTES = 4;
/** Asked for together. */
const GRAMS_ASKED = 4;

/**
 * The numbers of a folded text's trigrams of characters: a hash of their code points, 32 bits.
 * They are kept in the database, so they must never be computed in another way. Two trigrams with
 * one number only cost a look at a message that does not match.
 */
export function gramsOf(folded: string): Set<number> {
  const points = pointsOf(folded);
  const grams = new Set<number>();
  for (let i = 0; i + GRAM_CHARS <= points.length; i++) grams.add(gramAt(points, i));
  return grams;
}

/** A few of them, from the whole length: what has them is read, so that more would only cost. */
export function someGramsOf(folded: string): Set<number> {
  const points = pointsOf(folded);
  const last = points.length - GRAM_CHARS;
  if (last < 0) return new Set();
  const steps = Math.min(GRAMS_ASKED - 1, last);
  const grams = new Set([gramAt(points, 0)]);
  for (let i = 1; i <= steps; i++) grams.add(gramAt(points, Math.round(i * last / steps)));
  return grams;
}

const pointsOf = (text: string) => Array.from(text, (char) => char.codePointAt(0) ?? 0);

function gramAt(points: readonly number[], at: number): number {
  let hash = 0x811c9dc5;
  for (let i = at; i < at + GRAM_CHARS; i++) {
    hash = Math.imul(hash ^ (points[i] ?? 0), 0x01000193);
    hash ^= hash >>> 15;
  }
  return hash >>> 0;
}

export function packGrams(grams: ReadonlySet<number>): Uint8Array {
  const view = new DataView(new ArrayBuffer(grams.size * GRAM_BYTES));
  let at = 0;
  for (const gram of grams) {
    view.setUint32(at, gram);
    at += GRAM_BYTES;
  }
  return new Uint8Array(view.buffer);
}

export function unpackGrams(bytes: Uint8Array): Set<number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const grams = new Set<number>();
  for (let at = 0; at < bytes.byteLength; at += GRAM_BYTES) grams.add(view.getUint32(at));
  return grams;
}
