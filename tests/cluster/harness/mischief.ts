import { Dice } from "../../chat/model_dice.ts";
import { isPublished, RespValues } from "./resp.ts";
import type { Tamper } from "./tcp_proxy.ts";

/** How often in a hundred a published message is lost, comes twice, or comes after the next one. */
export interface Odds {
  readonly drop: number;
  readonly double: number;
  readonly swap: number;
}

/** What became of the messages that Redis pushed to subscribers; the rest passes untouched. */
export class Mischief {
  readonly done = { passed: 0, dropped: 0, doubled: 0, swapped: 0 };
  /** Off: everything passes. */
  on = true;
  readonly #dice: Dice;

  constructor(readonly odds: Odds, seed: number) {
    this.#dice = new Dice(seed);
  }

  /** For one connection. */
  readonly tamper = (): Tamper => {
    const values = new RespValues();
    let held: Uint8Array | undefined;
    return (bytes) =>
      values.push(bytes).flatMap((value) => {
        if (!isPublished(value)) return [value];
        if (held) {
          const late = held;
          held = undefined;
          return [value, late];
        }
        const fate = this.#fate();
        if (fate === "swapped") held = value;
        return fate === "passed" ? [value] : fate === "doubled" ? [value, value] : [];
      });
  };

  #fate(): keyof Mischief["done"] {
    const { drop, double, swap } = this.odds;
    const thrown = this.on ? this.#dice.below(100) : 100;
    const fate = thrown < drop
      ? "dropped"
      : thrown < drop + double
      ? "doubled"
      : thrown < drop + double + swap
      ? "swapped"
      : "passed";
    this.done[fate]++;
    return fate;
  }
}
