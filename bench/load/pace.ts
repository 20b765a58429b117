import type { Pace } from "./scenario.ts";
import type { Speaker } from "./speaker.ts";

/** Decides when speakers speak. */
export interface Pacer {
  start(): void;
  /** A speaker has received this many of its own messages. */
  heard(speaker: Speaker, count: number): void;
  stop(): void;
}

export function pacer(pace: Pace, speakers: readonly Speaker[]): Pacer {
  return pace.kind === "closed"
    ? new ClosedLoop(pace.outstanding, speakers)
    : new OpenLoop(pace.messagesPerSecond, speakers);
}

class ClosedLoop implements Pacer {
  #running = false;
  readonly #outstanding: number;
  readonly #speakers: readonly Speaker[];

  constructor(outstanding: number, speakers: readonly Speaker[]) {
    this.#outstanding = outstanding;
    this.#speakers = speakers;
  }

  start(): void {
    this.#running = true;
    for (const speaker of this.#speakers) speaker.say(this.#outstanding, performance.now());
  }

  heard(speaker: Speaker, count: number): void {
    if (this.#running) speaker.say(count, performance.now());
  }

  stop(): void {
    this.#running = false;
  }
}

/**
 * The stamp is the time a message was due, not when it was sent: a generator or a server that falls
 * behind shows in the latency instead of thinning out the load.
 */
class OpenLoop implements Pacer {
  readonly #intervalMs: number;
  readonly #speakers: readonly Speaker[];
  #timer: ReturnType<typeof setInterval> | undefined;
  #dueMs = 0;
  #turn = 0;

  constructor(messagesPerSecond: number, speakers: readonly Speaker[]) {
    this.#intervalMs = 1000 / messagesPerSecond;
    this.#speakers = speakers;
  }

  start(): void {
    this.#dueMs = performance.now();
    this.#timer = setInterval(() => this.#sayWhatIsDue(), 1);
  }

  heard(): void {}

  stop(): void {
    clearInterval(this.#timer);
  }

  #sayWhatIsDue(): void {
    const nowMs = performance.now();
    for (; this.#dueMs <= nowMs; this.#dueMs += this.#intervalMs) {
      this.#speakers[this.#turn++ % this.#speakers.length]!.say(1, this.#dueMs);
    }
  }
}
