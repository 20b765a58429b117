import { setImmediate } from "node:timers";
import type { Outbox } from "./outbox.ts";

/**
 * Lets what a client asks for be read one after the other, each when the socket has taken what came
 * before: who reads gets all of it, however much it asks for at once, and for who does not, no more
 * than one answer is held here.
 */
export class Pace {
  /** What was read last has been said by then. */
  #said: Promise<void> | undefined;

  constructor(readonly out: Pick<Outbox, "room">) {}

  /** What is read is said in the turn in which it is there; who is slower may meet the next one. */
  run<T>(read: () => Promise<T>): Promise<T> {
    const before = this.#said ?? this.out.room();
    const answer = before ? before.then(() => this.out.room()).then(read) : read();
    const said = this.#said = answer.then(afterNextTurn, afterNextTurn);
    void said.then(() => {
      if (this.#said === said) this.#said = undefined;
    });
    return answer;
  }
}

/** Whoever is told something now has its turn first. */
function afterNextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
