import { HIGH_WATER_BYTES } from "./socket.ts";

/** `onDrain` comes when no more than this waits. */
const LOW_WATER_BYTES = HIGH_WATER_BYTES / 4;
/** There is no event for a WebSocket's `bufferedAmount`, so it is looked at this often. */
const POLL_MS = 10;

interface Waiting {
  readonly bufferedAmount: number;
}

/** Tells when full WebSockets have drained: one timer for all, running only while one waits. */
export class DrainWatch {
  readonly #waiting = new Map<Waiting, () => void>();
  #timer: ReturnType<typeof setInterval> | undefined;

  add(web: Waiting, drained: () => void): void {
    this.#waiting.set(web, drained);
    this.#timer ??= setInterval(() => this.look(), POLL_MS);
  }

  delete(web: Waiting): void {
    if (!this.#waiting.delete(web) || this.#waiting.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** What the timer does: tells those that have drained. */
  look(): void {
    for (const [web, drained] of this.#waiting) {
      if (web.bufferedAmount > LOW_WATER_BYTES) continue;
      this.delete(web);
      drained();
    }
  }
}

export const drainWatch = new DrainWatch();
