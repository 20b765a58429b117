import { Refusal } from "../protocol/errors.ts";
import { Throttle } from "./throttle.ts";

/** An allowance that nodes share (actors/spending.ts). */
export interface Purse {
  takeSpent(): readonly (readonly [key: string, amount: number])[];
  spentElsewhere(key: string, amount: number): void;
}

const MINUTE_MS = 60_000;
/** Wrong passwords for one account from addresses it does not know: ten, then twelve an hour. */
const ACCOUNT = { burst: 10, everyMs: 5 * MINUTE_MS };
/** Wrong passwords from one address, whatever the account. */
const ADDRESS = { burst: 30, everyMs: MINUTE_MS / 2 };
/** Log-ins of one address under way at a time: with more it could fill the queue of passwords. */
const UNDER_WAY_MAX = ADDRESS.burst;
const BUSY_RETRY_MS = 5_000;
const FROM = "failed log-ins from your address";
const TO = "failed log-ins to this account";
/** Pairs of account and address remembered at most. */
const FAMILIAR_MAX = 10_000;

/** Who asks to log in, and where. */
export interface Asking {
  readonly canonicalName: string;
  /** A group of addresses that count as one. */
  readonly address: string;
  /** The request comes with a session of this account. */
  readonly owner: boolean;
}

/** One try to log in, counted as failed while its password is looked at. */
export interface Attempt {
  /** The password was right: the try does not count, and this address is known from now on. */
  succeeded(): void;
  /** The password was not looked at: the try does not count. */
  withdrawn(): void;
}

/**
 * Against guessing: failed log-ins are limited by account and by address. Whoever guesses spends the
 * allowance of strangers and cannot lock the owner out, who has one of their own: with a living
 * session of the account, or from an address that logged in to it before. In memory: a restart
 * begins anew.
 */
export class LogInLimits {
  readonly #accounts: Throttle;
  readonly #addresses: Throttle;
  /** `account address`, the one used last at the end. */
  readonly #familiar = new Set<string>();
  /** Those that became familiar since the other nodes were told. */
  #news = new Set<string>();
  /** Log-ins by address; none is left out. */
  readonly #underWay = new Map<string, number>();

  /** `shared`: other nodes are told of it (`purses`). */
  constructor(monotonic: () => number, readonly shared = false) {
    this.#accounts = new Throttle({ ...ACCOUNT, monotonic, shared });
    this.#addresses = new Throttle({ ...ADDRESS, monotonic, shared });
  }

  /** What nodes share of it: an owner who is known on one is known on all. */
  get purses(): Readonly<Record<string, Purse>> {
    const familiar: Purse = {
      takeSpent: () => {
        const news = [...this.#news].map((pair) => [pair, 1] as const);
        this.#news = new Set();
        return news;
      },
      spentElsewhere: (pair) => this.#remember(pair),
    };
    return { "log-ins to": this.#accounts, "log-ins from": this.#addresses, familiar };
  }

  /**
   * Runs a log-in, which counts itself when it is its password's turn: those that wait for it have
   * not failed. Throws `rate_limited` for who has spent the allowance already, `busy`.
   */
  async through<T>(asking: Asking, run: (count: () => Attempt) => Promise<T>): Promise<T> {
    const { address } = asking;
    this.#addresses.check(address, FROM);
    this.#accounts.check(this.#account(asking), TO);
    const others = this.#underWay.get(address) ?? 0;
    if (others >= UNDER_WAY_MAX) {
      const message = "too many log in from your address at this moment; try again";
      throw new Refusal("busy", message, BUSY_RETRY_MS);
    }
    this.#underWay.set(address, others + 1);
    try {
      return await run(() => this.attempt(asking));
    } finally {
      const left = (this.#underWay.get(address) ?? 1) - 1;
      if (left === 0) this.#underWay.delete(address);
      else this.#underWay.set(address, left);
    }
  }

  /** Throws `rate_limited`. */
  attempt(asking: Asking): Attempt {
    const { canonicalName, address } = asking;
    const account = this.#account(asking);
    this.#addresses.take(address, FROM);
    try {
      this.#accounts.take(account, TO);
    } catch (error) {
      this.#addresses.giveBack(address);
      throw error;
    }
    const withdrawn = () => {
      this.#addresses.giveBack(address);
      this.#accounts.giveBack(account);
    };
    const succeeded = () => {
      withdrawn();
      const pair = `${canonicalName} ${address}`;
      if (this.shared && this.#news.size < FAMILIAR_MAX) this.#news.add(pair);
      this.#remember(pair);
    };
    return { succeeded, withdrawn };
  }

  /** Names hold no space: the owner's and a familiar address's count is no stranger's. */
  #account({ canonicalName, address, owner }: Asking): string {
    if (owner) return `${canonicalName} owner`;
    const pair = `${canonicalName} ${address}`;
    return this.#familiar.has(pair) ? pair : canonicalName;
  }

  #remember(pair: string): void {
    this.#familiar.delete(pair);
    if (this.#familiar.size >= FAMILIAR_MAX) {
      const [oldest] = this.#familiar;
      if (oldest !== undefined) this.#familiar.delete(oldest);
    }
    this.#familiar.add(pair);
  }
}
