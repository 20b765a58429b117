import type { Behaviour, Failure, Inspection, Ref, SpawnOptions } from "./actor.ts";
import { ActorCell, type Cell, type Context } from "./actor_cell.ts";
import { type Clock, systemClock } from "./clock.ts";
import { Turns } from "./turns.ts";

export interface SystemOptions {
  readonly clock?: Clock;
  /** Told of every throw: what is done about it is the actor's restart policy. */
  onFailure?(failure: Failure): void;
}

/** The root of a tree of actors: the parent of those that have no other. */
export class ActorSystem {
  readonly #children = new Set<Cell>();
  readonly #context: Context;

  constructor(readonly name: string, options: SystemOptions = {}) {
    const clock = options.clock ?? systemClock;
    this.#context = {
      clock,
      turns: new Turns(clock),
      onFailure: (failure) => options.onFailure?.(failure),
    };
  }

  get clock(): Clock {
    return this.#context.clock;
  }

  /** Whose turn was the longest since this was last asked: who held the event loop, if it was. */
  takeLongestTurn(): string | undefined {
    return this.#context.turns.takeLongest();
  }

  spawn<M>(name: string, behaviour: Behaviour<M>, options: SpawnOptions): Ref<M> {
    return new ActorCell(this.#context, this.name, this.#children, name, behaviour, options);
  }

  /** Every living actor, parents before children. */
  inspect(): Inspection[] {
    const all: Inspection[] = [];
    for (const child of this.#children) child.inspect(all);
    return all;
  }

  /** Stops every actor. */
  async stop(): Promise<void> {
    await Promise.all([...this.#children].map((child) => child.stop()));
  }
}
