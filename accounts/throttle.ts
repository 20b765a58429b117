import { Refusal } from "../protocol/errors.ts";

export interface ThrottleOptions {
  /** How many at once. */
  readonly burst: number;
  /** Then one each so many milliseconds. */
  readonly everyMs: number;
  /** Milliseconds from any start, never going back. */
  monotonic(): number;
  /** Keys remembered at most; about 150 bytes each. */
  readonly keysMax?: number;
  /** Keeps account of what is taken, for other nodes (`takeSpent`). */
  readonly shared?: boolean;
}

const KEYS_MAX = 20_000;
/** Keys looked at for one that may be forgotten, when there is no room for a new one. */
const SWEEP_KEYS = 100;
/** Keys of which other nodes are told at a time. */
const SPENT_MAX = 5_000;

/**
 * How often something may be done, by key: the generic cell rate algorithm, which needs one number
 * a key, the time until which the key has spent its allowance. With too many keys the one unused
 * for longest is forgotten first.
 */
export class Throttle {
  /** In the order of their last use. */
  readonly #spentUntilMs = new Map<string, number>();
  /** Taken here since the other nodes were told. */
  #spent = new Map<string, number>();
  readonly #options: ThrottleOptions;

  constructor(options: ThrottleOptions) {
    this.#options = options;
  }

  /** Counts one. Throws `rate_limited`, with the time to wait, when it was one too many. */
  take(key: string, what: string): void {
    refuse(this.tryTake(key), what);
  }

  /** Counts none. Throws `rate_limited` when one would be one too many. */
  check(key: string, what: string): void {
    refuse(this.#tooEarlyMs(key), what);
  }

  /** Counts one and returns 0, or counts none and returns how many milliseconds it is too early. */
  tryTake(key: string): number {
    const waitMs = this.#tooEarlyMs(key);
    if (waitMs > 0) return waitMs;
    const { everyMs, monotonic } = this.#options;
    const nowMs = monotonic();
    const spentUntilMs = Math.max(this.#spentUntilMs.get(key) ?? 0, nowMs);
    this.#set(key, spentUntilMs + everyMs, nowMs);
    this.#note(key, 1);
    return 0;
  }

  /** Uncounts one that turned out to be in order. */
  giveBack(key: string): void {
    const spentUntilMs = this.#spentUntilMs.get(key);
    if (spentUntilMs !== undefined) {
      this.#spentUntilMs.set(key, spentUntilMs - this.#options.everyMs);
      this.#note(key, -1);
    }
  }

  /** What was taken here since this was last asked, for the other nodes. */
  takeSpent(): readonly (readonly [key: string, amount: number])[] {
    const spent = [...this.#spent];
    this.#spent = new Map();
    return spent;
  }

  /** Counts what another node has taken, or given back. */
  spentElsewhere(key: string, amount: number): void {
    const { everyMs, monotonic } = this.#options;
    const nowMs = monotonic();
    const spentUntilMs = Math.max(this.#spentUntilMs.get(key) ?? 0, nowMs);
    this.#set(key, spentUntilMs + amount * everyMs, nowMs);
  }

  /** Keys remembered now. */
  get size(): number {
    return this.#spentUntilMs.size;
  }

  #tooEarlyMs(key: string): number {
    const { burst, everyMs, monotonic } = this.#options;
    const spentMs = (this.#spentUntilMs.get(key) ?? 0) - monotonic();
    return Math.max(0, spentMs - (burst - 1) * everyMs);
  }

  #note(key: string, amount: number): void {
    if (!this.#options.shared) return;
    const spent = (this.#spent.get(key) ?? 0) + amount;
    if (spent === 0) this.#spent.delete(key);
    else if (this.#spent.size < SPENT_MAX || this.#spent.has(key)) this.#spent.set(key, spent);
  }

  #set(key: string, spentUntilMs: number, nowMs: number): void {
    this.#spentUntilMs.delete(key);
    if (this.#spentUntilMs.size >= (this.#options.keysMax ?? KEYS_MAX)) this.#makeRoom(nowMs);
    this.#spentUntilMs.set(key, spentUntilMs);
  }

  #makeRoom(nowMs: number): void {
    let looked = 0;
    for (const [key, spentUntilMs] of this.#spentUntilMs) {
      if (spentUntilMs <= nowMs) this.#spentUntilMs.delete(key);
      if (++looked >= SWEEP_KEYS) break;
    }
    if (this.#spentUntilMs.size < (this.#options.keysMax ?? KEYS_MAX)) return;
    const [oldest] = this.#spentUntilMs.keys();
    if (oldest !== undefined) this.#spentUntilMs.delete(oldest);
  }
}

function refuse(waitMs: number, what: string): void {
  if (waitMs <= 0) return;
  throw new Refusal("rate_limited", `too many ${what}; try again later`, Math.ceil(waitMs));
}
