import { type Clock, systemClock } from "../../actors/clock.ts";

/**
 * Stands still until a test lets time pass, however long the machine takes; timers run by the
 * system's clock.
 */
export class StandingClock implements Clock {
  readonly #startMs = Date.now();
  #passedMs = 0;

  now(): number {
    return this.#startMs + this.#passedMs;
  }

  monotonic(): number {
    return this.#passedMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    return systemClock.after(delayMs, callback);
  }

  pass(ms: number): void {
    this.#passedMs += ms;
  }
}
