import type { Connection } from "./connection.ts";

/**
 * Most connections of a load only listen, and nobody looks at when they hear. Reading each of their
 * frames at once would make one process that plays a thousand machines the slowest part of the
 * measurement. So they are read together, one turn after the other, while the kernel keeps what
 * comes in between: a few large reads instead of many small ones. Speakers and the connections that
 * latencies are taken of are always read at once.
 */
export class Naps {
  #napping: Connection[] = [];
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(turnMs: number) {
    this.#timer = setInterval(() => this.#wake(), turnMs);
  }

  add(connection: Connection): void {
    this.#napping.push(connection);
  }

  /** Wakes everyone for good. The caller takes the connections' `naps` away first. */
  stop(): void {
    clearInterval(this.#timer);
    this.#wake();
  }

  #wake(): void {
    const woken = this.#napping;
    this.#napping = [];
    for (const connection of woken) connection.readAgain();
  }
}

/** How many of those who only listen are read at once all the same, to take latencies of. */
export function promptListeners(connections: number): number {
  return Math.min(20, Math.ceil(connections / 10));
}

/**
 * How long a nap is: at most 25,000 reads a second in all. A connection then gathers a few tens of
 * kilobytes at the rates that servers reach, less than the kernel's smallest receive window.
 */
export function napMs(connections: number): number {
  return Math.max(5, connections / 25);
}
