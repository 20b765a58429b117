import type { Clock } from "./clock.ts";

/** Who works, and who worked longest: a turn lasts until the next one begins. */
export class Turns {
  #name: string | undefined;
  #beganMs: number;
  #longest: { name: string; ms: number } | undefined;

  constructor(readonly clock: Clock) {
    this.#beganMs = clock.monotonic();
  }

  began(name: string): void {
    this.#close();
    this.#name = name;
  }

  /**
   * Whose turn was the longest since this was last asked; undefined when there was none. Idle time
   * after a turn counts as its own: ask often, and only when the loop was held for longer.
   */
  takeLongest(): string | undefined {
    this.#close();
    const longest = this.#longest?.name;
    this.#longest = undefined;
    this.#name = undefined;
    return longest;
  }

  #close(): void {
    const nowMs = this.clock.monotonic();
    const ms = nowMs - this.#beganMs;
    this.#beganMs = nowMs;
    if (this.#name !== undefined && ms >= (this.#longest?.ms ?? 0)) {
      this.#longest = { name: this.#name, ms };
    }
  }
}
