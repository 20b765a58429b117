import type { Clock } from "./clock.ts";

/** Of what was spent elsewhere, so many bursts at most are owed; more is forgiven. */
const DEBT_BURSTS_MAX = 8;

/** Lets `perSecond` through on average and a burst of `burst` at once. 0 lets everything through. */
export class TokenBucket {
  #tokens: number;
  #filledMs: number;

  constructor(readonly clock: Clock, readonly perSecond: number, readonly burst: number) {
    this.#tokens = burst;
    this.#filledMs = clock.monotonic();
  }

  /** 0: go on. Otherwise how many milliseconds until the next token. `nowMs`: of the clock. */
  take(nowMs = this.clock.monotonic()): number {
    if (this.perSecond === 0) return 0;
    this.#fill(nowMs);
    if (this.#tokens >= 1) {
      this.#tokens--;
      return 0;
    }
    return Math.ceil((1 - this.#tokens) / this.perSecond * 1000);
  }

  /** Takes what was spent elsewhere already, also when it is not there: then it is owed. */
  debit(tokens: number): void {
    this.#fill(this.clock.monotonic());
    this.#tokens = Math.max(this.#tokens - tokens, -DEBT_BURSTS_MAX * this.burst);
  }

  get full(): boolean {
    this.#fill(this.clock.monotonic());
    return this.#tokens >= this.burst;
  }

  #fill(nowMs: number): void {
    const gained = (nowMs - this.#filledMs) / 1000 * this.perSecond;
    this.#tokens = Math.min(this.burst, this.#tokens + gained);
    this.#filledMs = nowMs;
  }
}
