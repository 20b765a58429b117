import { dice } from "../../protocol/fake_dice.ts";

/** Repeatable random numbers, so that a seed is a run. */
export class Dice {
  readonly #roll: (below: number) => number;

  constructor(seed: number) {
    this.#roll = dice(seed);
  }

  /** A whole number from 0 to below `count`. */
  below(count: number): number {
    return this.#roll(count);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  /** True once in `count` times. */
  once(count: number): boolean {
    return this.below(count) === 0;
  }
}
