import type { Belonging, Store, UserId } from "../store/store.ts";
import type { Clock } from "./clock.ts";

/** How often the store is asked for everybody's conversations, while other nodes can be heard. */
export const SWEEP_EVERY_MS = 30_000;
/** And while they cannot. */
export const SWEEP_AWAY_MS = 10_000;
/** Something may have been missed: it is asked soon, but no more often than this. */
export const SWEEP_SOON_MS = 1_000;
/** Most users that are asked about in one query. */
const USERS_MAX = 500;

export interface SweepOptions {
  readonly clock: Clock;
  /** Read only. */
  readonly store: Pick<Store, "belongings">;
  /** Of whom the next sweep is. */
  users(): Iterable<UserId>;
  /** What the store said of some of them. */
  found(users: readonly UserId[], belongings: readonly Belonging[]): void;
  onFailure(error: unknown, what: string): void;
}

/** Asks the store from time to time where the conversations of the people on this node stand. */
export class Sweep {
  #up = false;
  #sweeping = false;
  #again = false;
  #stopped = false;
  #cancel = () => {};

  constructor(readonly options: SweepOptions) {
    this.#sweepIn(SWEEP_AWAY_MS);
  }

  bus(up: boolean): void {
    this.#up = up;
    this.soon();
  }

  /** Something may have been missed. */
  soon(): void {
    if (this.#sweeping) this.#again = true;
    else this.#sweepIn(SWEEP_SOON_MS);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #sweepIn(delayMs: number): void {
    this.#cancel();
    if (this.#stopped) return;
    this.#cancel = this.options.clock.after(delayMs, () => void this.#sweep());
  }

  async #sweep(): Promise<void> {
    this.#sweeping = true;
    this.#again = false;
    try {
      const users = [...this.options.users()];
      for (let at = 0; at < users.length && !this.#stopped; at += USERS_MAX) {
        const some = users.slice(at, at + USERS_MAX);
        this.options.found(some, await this.options.store.belongings(some));
      }
    } catch (error) {
      this.options.onFailure(error, "reading where conversations stand");
    }
    this.#sweeping = false;
    this.#sweepIn(this.#again ? SWEEP_SOON_MS : this.#up ? SWEEP_EVERY_MS : SWEEP_AWAY_MS);
  }
}
