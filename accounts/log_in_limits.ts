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
/** Pairs of account and address remembered at most. */
const FAMILIAR_MAX = 10_000;

/** One try to log in, counted before the password is looked at. */
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
   * `address`: a group of addresses that count as one. `owner`: the request comes with a session of
   * this account. Throws `rate_limited`.
   */
  attempt(canonicalName: string, address: string, owner: boolean): Attempt {
    const pair = `${canonicalName} ${address}`;
    // Names hold no space: the owner's and a familiar address's count is no stranger's.
    const account = owner
      ? `${canonicalName} owner`
      : this.#familiar.has(pair)
      ? pair
      : canonicalName;
    this.#addresses.take(address, "failed log-ins from your address");
    try {
      this.#accounts.take(account, "failed log-ins to this account");
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
      if (this.shared && this.#news.size < FAMILIAR_MAX) this.#news.add(pair);
      this.#remember(pair);
    };
    return { succeeded, withdrawn };
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
