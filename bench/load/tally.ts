import { findContent, nextContent, readSender, readTimeMs } from "./stamp.ts";

/** Counts what comes. All sums run from the beginning; a window is the difference of two. */
export interface Sums {
  readonly deliveries: number;
  readonly frames: number;
  readonly bytes: number;
}

export class Tally {
  readonly #sizeBytes: number;
  readonly #sampleEvery: number;
  #untilSample: number;
  #deliveries = 0;
  #frames = 0;
  #bytes = 0;
  #latenciesMs: number[] = [];

  constructor(sizeBytes: number, sampleEvery: number) {
    this.#sizeBytes = sizeBytes;
    this.#sampleEvery = sampleEvery;
    this.#untilSample = sampleEvery;
  }

  get sums(): Sums {
    return { deliveries: this.#deliveries, frames: this.#frames, bytes: this.#bytes };
  }

  /**
   * Counts the messages of a frame; answers how many of them were sent by `speaker`, -1 when the
   * frame holds no message at all.
   * `sampled`: whether its reader is prompt enough to take latencies of.
   */
  add(bytes: Uint8Array, start: number, end: number, sampled: boolean, speaker: number): number {
    const size = this.#sizeBytes;
    let at = findContent(bytes, start, end, size);
    if (at < 0) return -1;
    this.#frames++;
    this.#bytes += end - start;
    let own = 0;
    for (; at >= 0; at = nextContent(bytes, at, end, size)) {
      this.#deliveries++;
      if (!sampled) continue;
      if (speaker >= 0 && readSender(bytes, at) === speaker) own++;
      if (--this.#untilSample === 0) {
        this.#untilSample = this.#sampleEvery;
        this.#latenciesMs.push(performance.now() - readTimeMs(bytes, at));
      }
    }
    return own;
  }

  /** The samples since the last call, ascending. */
  takeLatenciesMs(): Float64Array {
    const taken = Float64Array.from(this.#latenciesMs).sort();
    this.#latenciesMs = [];
    return taken;
  }
}

/** NaN when there is no sample. */
export function quantile(ascending: ArrayLike<number>, share: number): number {
  const last = ascending.length - 1;
  return ascending[Math.min(last, Math.floor(share * ascending.length))] ?? NaN;
}
