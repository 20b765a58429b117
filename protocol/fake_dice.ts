/** What tests leave to chance, and can say again: the same numbers for the same seed, everywhere. */

/** Numbers in [0, 1), of 32 bits (Mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Whole numbers from 0 to below `below`. */
export function dice(seed: number): (below: number) => number {
  const next = random(seed);
  return (below) => (next() * 2 ** 32) % below;
}
