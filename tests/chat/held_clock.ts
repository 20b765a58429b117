import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import { type Clock, systemClock } from "../../actors/clock.ts";
import { PATIENCE_MS } from "../patience.ts";

/** The system's clock, but timers of one length run off only when a test says so. */
export class HeldClock implements Clock {
  readonly #held = new Set<() => void>();

  constructor(readonly heldMs: number) {}

  now(): number {
    return systemClock.now();
  }

  monotonic(): number {
    return systemClock.monotonic();
  }

  after(delayMs: number, callback: () => void): () => void {
    if (delayMs !== this.heldMs) return systemClock.after(delayMs, callback);
    this.#held.add(callback);
    return () => void this.#held.delete(callback);
  }

  /** Waits until so many of them are set. */
  async holds(count: number): Promise<void> {
    const waiting = (async () => {
      while (this.#held.size !== count) await delay(2);
    })();
    await deadline(waiting, PATIENCE_MS).catch(() => {
      throw new Error(`expected ${count} timers of ${this.heldMs} ms, got ${this.#held.size}`);
    });
  }

  runOff(): void {
    const due = [...this.#held];
    this.#held.clear();
    for (const callback of due) callback();
  }
}
