import { setImmediate } from "node:timers";
import type { Outbox } from "./outbox.ts";

/**
 * Most rows of answers that are read at a time for one connection; what alone is more is read alone.
 * So many of the longest messages, with escapes, are hardly more than may wait for it.
 */
export const ROWS_AT_A_TIME = 120;

interface Waiting {
  readonly rows: number;
  begin(): void;
}

/**
 * Lets what a client asks for be read as its socket takes the answers: what is little together, what
 * is much one after the other. Who reads gets all of it, however much it asks for at once, and for
 * who does not, no more than one long answer is held here.
 */
export class Pace {
  /** What is being read, or may not have been said yet. */
  #rows = 0;
  #waiting: Waiting[] = [];
  #waitsForRoom = false;

  constructor(readonly out: Pick<Outbox, "room">) {}

  /**
   * Reads at most so many `rows`. What is read is to be said in the turn in which it is there; what
   * is said later may meet what is read next.
   */
  run<T>(rows: number, read: () => Promise<T>): Promise<T> {
    if (this.#waiting.length === 0 && this.#fits(rows)) return this.#read(rows, read);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ rows, begin: () => this.#read(rows, read).then(resolve, reject) });
      this.#goOn();
    });
  }

  #read<T>(rows: number, read: () => Promise<T>): Promise<T> {
    this.#rows += rows;
    const answer = read();
    void answer.then(afterNextTurn, afterNextTurn).then(() => {
      this.#rows -= rows;
      if (this.#waiting.length > 0) this.#goOnWhenOthersAreHeard();
    });
    return answer;
  }

  /** The runtime looks at its sockets when it would sleep; between immediates, at every 61st. */
  #goOnWhenOthersAreHeard(): void {
    setTimeout(() => this.#goOn(), 0);
  }

  #fits(rows: number): boolean {
    return !this.out.room() && (this.#rows === 0 || this.#rows + rows <= ROWS_AT_A_TIME);
  }

  #goOn(): void {
    for (let next = this.#waiting[0]; next && this.#fits(next.rows); next = this.#waiting[0]) {
      this.#waiting.shift();
      next.begin();
    }
    const room = this.#waiting.length > 0 && !this.#waitsForRoom && this.out.room();
    if (!room) return;
    this.#waitsForRoom = true;
    void room.then(() => {
      this.#waitsForRoom = false;
      this.#goOn();
    });
  }
}

/** Whoever is told something now has its turn first. */
function afterNextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
