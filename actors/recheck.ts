import type { Credentials, Ended, Store } from "../store/store.ts";
import type { Clock } from "./clock.ts";
import type { Session } from "./session.ts";

/** Each connection is looked at about this often, */
export const RECHECK_EVERY_MS = 5_000;
/** unless there are too many: so many are looked at in each step. */
const CONNECTIONS_A_STEP = 1_000;
const STEP_MS = 500;

export interface RecheckOptions {
  readonly clock: Clock;
  readonly store: Pick<Store, "ended">;
  /** All that are open; may change while they are gone through. */
  connections(): Iterable<Session>;
  end(session: Session, why: Ended): void;
  onFailure(error: unknown, what: string): void;
}

/**
 * Asks the store, again and again, whether the open connections still may be. Another node may have
 * ended a session, and the word of it may have been lost. One query of bounded size is under way at
 * a time: with n connections it takes max(5 s, n / 2,000 s) until all have been looked at.
 */
export class Recheck {
  #cancel: () => void;
  #round: Iterator<Session> | undefined;
  #beganMs = -Infinity;
  #stopped = false;

  constructor(readonly options: RecheckOptions) {
    this.#cancel = this.#later();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #later(): () => void {
    return this.options.clock.after(STEP_MS, () => {
      this.#step().catch((error) => this.options.onFailure(error, "looking for ended sessions"))
        .finally(() => {
          if (!this.#stopped) this.#cancel = this.#later();
        });
    });
  }

  async #step(): Promise<void> {
    const { store, clock, end } = this.options;
    const some = this.#next();
    if (some.length === 0) return;
    const ended = await store.ended(some.map(credentialsOf), clock.now());
    for (const [place, why] of ended) {
      const session = some[place];
      if (session) end(session, why);
    }
  }

  #next(): Session[] {
    const nowMs = this.options.clock.monotonic();
    if (!this.#round) {
      if (nowMs - this.#beganMs < RECHECK_EVERY_MS) return [];
      this.#beganMs = nowMs;
      this.#round = this.options.connections()[Symbol.iterator]();
    }
    const some: Session[] = [];
    while (some.length < CONNECTIONS_A_STEP) {
      const next = this.#round.next();
      if (next.done) {
        this.#round = undefined;
        break;
      }
      some.push(next.value);
    }
    return some;
  }
}

function credentialsOf({ user, canonicalName, tokenId }: Session): Credentials {
  return user.guest
    ? { user: user.id, canonical: canonicalName }
    : { user: user.id, ...(tokenId === undefined ? undefined : { session: tokenId }) };
}
