import type { Clock } from "./clock.ts";

/**
 * How often nodes tell each other what was spent of allowances that hold for all of them together
 * (what a user says, failed log-ins, new rooms). Each node debits what it hears. So in this time,
 * and the time a message takes between nodes, somebody can spend as much on each node as on one;
 * then all of it is owed everywhere, and on average nobody has more than on one node. While nodes
 * cannot hear each other, each counts alone.
 */
export const SHARE_EVERY_MS = 500;
/** Entries of one message; of more, the first so many are told. */
const ENTRIES_TOLD_MAX = 500;
const MESSAGES_AT_A_TIME = 10;

/** What was spent, by key. Negative: given back. */
export type Spent = readonly (readonly [key: string, amount: number])[];

/** Allowances by key that nodes share. */
export interface Purse {
  /** What was spent here since this was last asked. */
  takeSpent(): Spent;
  spentElsewhere(key: string, amount: number): void;
}

/** Tells the other nodes what was spent here, and the purses what was spent there. */
export class Spending {
  #cancel: () => void;

  constructor(
    readonly clock: Clock,
    readonly purses: ReadonlyMap<string, Purse>,
    readonly tell: (purse: string, spent: Spent) => void,
  ) {
    this.#cancel = clock.after(SHARE_EVERY_MS, () => this.#share());
  }

  heard(purse: string, spent: Spent): void {
    const known = this.purses.get(purse);
    if (known) { for (const [key, amount] of spent) known.spentElsewhere(key, amount); }
  }

  stop(): void {
    this.#cancel();
  }

  #share(): void {
    for (const [name, purse] of this.purses) {
      const spent = purse.takeSpent().slice(0, ENTRIES_TOLD_MAX * MESSAGES_AT_A_TIME);
      for (let from = 0; from < spent.length; from += ENTRIES_TOLD_MAX) {
        this.tell(name, spent.slice(from, from + ENTRIES_TOLD_MAX));
      }
    }
    this.#cancel = this.clock.after(SHARE_EVERY_MS, () => this.#share());
  }
}
