import { RATE_BURST_FACTOR } from "../protocol/limits.ts";
import type { UserId } from "../store/store.ts";
import type { Clock } from "./clock.ts";
import { SHARE_EVERY_MS, type Spent } from "./spending.ts";
import { TokenBucket } from "./token_bucket.ts";

/** Budgets remembered at most of users who are not here; they are full again within seconds. */
const IDLE_MAX = 50_000;
/** Idle budgets looked at, whenever there may be one more. */
const IDLE_LOOKED_AT = 2;
/**
 * Who spends less than this part of the rate is not told of to the other nodes: most people never
 * are, and on so many nodes at a time nobody comes to more than the rate.
 */
const UNTOLD_PART = 1 / 8;

/** What one user may say, over all its connections. */
export class Budget {
  spent = 0;
  connections = 0;

  constructor(
    readonly user: UserId,
    readonly bucket: TokenBucket,
    readonly began: (budget: Budget) => void,
  ) {}

  /** 0: go on. Otherwise how many milliseconds until it may. `nowMs`: of the clock. */
  take(nowMs?: number): number {
    const waitMs = this.bucket.take(nowMs);
    if (waitMs === 0 && this.bucket.perSecond > 0 && this.spent++ === 0) this.began(this);
    return waitMs;
  }
}

/**
 * The budgets of users: one for all connections of a user, and known to other nodes, so that a
 * second connection buys nothing.
 */
export class Budgets {
  readonly #budgets = new Map<UserId, Budget>();
  /** Of users without a connection here, the one that has had none for longest first. */
  readonly #idle = new Set<Budget>();
  /** Those of which something was spent since the others were told. */
  #spending: Budget[] = [];

  readonly burst: number;
  readonly #began = (budget: Budget): void => {
    // Where nobody is to be told of it, nobody would ever take it out again.
    if (this.shared) this.#spending.push(budget);
  };

  /** @param perSecond 0 lets everything through. @param shared `takeSpent` is called now and then. */
  constructor(readonly clock: Clock, readonly perSecond: number, readonly shared = false) {
    this.burst = perSecond * RATE_BURST_FACTOR;
  }

  /** For one connection, until it is given back. */
  lend(user: UserId): Budget {
    const budget = this.#of(user);
    budget.connections++;
    this.#idle.delete(budget);
    return budget;
  }

  giveBack(budget: Budget): void {
    if (--budget.connections === 0) this.#idles(budget);
  }

  /** What was spent here, of those who spent much; the rest is not worth telling. */
  takeSpent(): Spent {
    const worth = this.perSecond * SHARE_EVERY_MS / 1_000 * UNTOLD_PART;
    const spent = this.#spending.map(({ user, spent }) => [user, spent] as const);
    for (const budget of this.#spending) budget.spent = 0;
    this.#spending = [];
    return spent.filter(([, tokens]) => tokens > worth);
  }

  /** Also when the user is not here: it may come. */
  spentElsewhere(user: UserId, tokens: number): void {
    const budget = this.#of(user);
    budget.bucket.debit(tokens);
    if (budget.connections === 0) this.#idles(budget);
  }

  /** Budgets remembered now. */
  get size(): number {
    return this.#budgets.size;
  }

  #of(user: UserId): Budget {
    let budget = this.#budgets.get(user);
    if (!budget) {
      const bucket = new TokenBucket(this.clock, this.perSecond, this.burst);
      budget = new Budget(user, bucket, this.#began);
      this.#budgets.set(user, budget);
    }
    return budget;
  }

  #idles(budget: Budget): void {
    this.#idle.delete(budget);
    this.#idle.add(budget);
    let looked = 0;
    for (const oldest of this.#idle) {
      if (oldest.bucket.full || this.#idle.size > IDLE_MAX) {
        this.#idle.delete(oldest);
        this.#budgets.delete(oldest.user);
      }
      if (++looked >= IDLE_LOOKED_AT) return;
    }
  }
}
