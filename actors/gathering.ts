import { NAMES_LISTED_MAX } from "../protocol/limits.ts";
import type { UserId, UserRef } from "../store/store.ts";
import type { Clock } from "./clock.ts";

/** At most this often the coming and going in a room is told: fewer than three frames a second. */
export const GATHER_MS = 400;
/**
 * For each session in the room that much longer: telling costs about 15 µs a session, so that a
 * room spends a bounded share of its time on it, and a join costs no more in a crowd.
 */
export const GATHER_MS_PER_SESSION = 0.2;

export interface Gathered {
  readonly joined: readonly UserRef[];
  readonly left: readonly UserRef[];
}

/**
 * Gathers who came and went, so that a storm of joins is a few frames. The first after a quiet
 * time is told at once, what follows is told together; who comes and goes in between is no news.
 */
export class Gathering {
  #joined = new Map<UserId, UserRef>();
  #left = new Map<UserId, UserRef>();
  #notBeforeMs = -Infinity;
  #cancel: (() => void) | undefined;

  /** @param flush called when it is time to `take` what was gathered. */
  constructor(readonly clock: Clock, readonly flush: () => void) {}

  came(user: UserRef): void {
    if (!this.#left.delete(user.id)) this.#joined.set(user.id, user);
    this.#schedule();
  }

  went(user: UserRef): void {
    if (!this.#joined.delete(user.id)) this.#left.set(user.id, user);
    this.#schedule();
  }

  /**
   * What is to be told now to so many sessions; undefined when it cancelled itself out. Names are
   * cut, not counts.
   */
  take(sessions: number): Gathered | undefined {
    this.stop();
    if (this.#joined.size === 0 && this.#left.size === 0) return undefined;
    const everyMs = Math.max(GATHER_MS, sessions * GATHER_MS_PER_SESSION);
    this.#notBeforeMs = this.clock.monotonic() + everyMs;
    const gathered = {
      joined: [...this.#joined.values()].slice(0, NAMES_LISTED_MAX),
      left: [...this.#left.values()].slice(0, NAMES_LISTED_MAX),
    };
    this.#joined = new Map();
    this.#left = new Map();
    return gathered;
  }

  /** Forgets the time at which to tell, so that no timer is left. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #schedule(): void {
    if (this.#cancel) return;
    const waitMs = Math.max(0, this.#notBeforeMs - this.clock.monotonic());
    this.#cancel = this.clock.after(waitMs, this.flush);
  }
}
