/** No shorter text is indexed. */
export const GRAM_CHARS = 3;
const GRAM_BYTES = 4;

/** How texts are compared: as SQLite's store does, by letters of any case. */
export const fold = (text: string) => text.toLowerCase();

/**
 * The numbers of a folded text's trigrams of characters: FNV-1a over their code points, 32 bits.
 * They are kept in the database, so they must never be computed in another way. Two trigrams with
 * one number only cost a look at a message that does not match.
 */
export function gramsOf(folded: string): Set<number> {
  const points = Array.from(folded, (char) => char.codePointAt(0) ?? 0);
  const grams = new Set<number>();
  for (let i = 0; i + GRAM_CHARS <= points.length; i++) {
    let hash = 0x811c9dc5;
    for (let k = i; k < i + GRAM_CHARS; k++) {
      hash = Math.imul(hash ^ (points[k] ?? 0), 0x01000193);
      hash ^= hash >>> 15;
    }
    grams.add(hash >>> 0);
  }
  return grams;
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
