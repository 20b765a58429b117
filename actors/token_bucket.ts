import type { Clock } from "./clock.ts";

/** Lets `perSecond` through on average and a burst of `burst` at once. 0 lets everything through. */
export class TokenBucket {
  #tokens: number;
  #filledMs: number;

  constructor(readonly clock: Clock, readonly perSecond: number, readonly burst: number) {
    this.#tokens = burst;
    this.#filledMs = clock.monotonic();
  }

  /** 0: go on. Otherwise how many milliseconds until the next token. */
  take(): number {
    if (this.perSecond === 0) return 0;
    const nowMs = this.clock.monotonic();
    const gained = (nowMs - this.#filledMs) / 1000 * this.perSecond;
    this.#tokens = Math.min(this.burst, this.#tokens + gained);
    this.#filledMs = nowMs;
    if (this.#tokens >= 1) {
      this.#tokens--;
      return 0;
    }
    return Math.ceil((1 - this.#tokens) / this.perSecond * 1000);
  }
}
