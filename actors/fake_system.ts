import { setImmediate } from "node:timers";
import type { Failure } from "./actor.ts";
import { ActorSystem } from "./system.ts";
import { FakeClock } from "./fake_clock.ts";

/** Actors whose clock stands still until it is turned. */
export class FakeSystem {
  readonly clock = new FakeClock();
  readonly failures: Failure[] = [];
  readonly system = new ActorSystem("test", {
    clock: this.clock,
    onFailure: (failure) => this.failures.push(failure),
  });

  /** Resolves when every actor has handled what it has, and what that led to. */
  async settle(): Promise<void> {
    let before = "";
    for (let quietTurns = 0; quietTurns < 3;) {
      await turn();
      const now = JSON.stringify(this.system.inspect());
      quietTurns = now === before ? quietTurns + 1 : 0;
      before = now;
    }
  }

  /** Turns the clock and lets everyone do what was due. */
  async advance(byMs: number): Promise<void> {
    await this.settle();
    this.clock.advance(byMs);
    await this.settle();
  }
}

/** Lets every actor that waits take one batch. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
