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

/** Somebody who came or went. */
export type Passer = Pick<UserRef, "id" | "name">;

export interface Gathered {
  readonly joined: readonly Passer[];
  readonly left: readonly Passer[];
  /** Were there already, as another node says only now. */
  readonly found: readonly Passer[];
}

/** Who came and went and was not told of yet; outlives the restarts of a hub. */
export class Passing {
  joined = new Map<UserId, Passer>();
  left = new Map<UserId, Passer>();
  found = new Map<UserId, Passer>();
  /** Whose going the log has told already: that they are back is news, however soon. */
  putOut = new Set<UserId>();

  get any(): boolean {
    return this.joined.size + this.left.size + this.found.size > 0;
  }
}

/**
 * Gathers who came and went, so that a storm of joins is a few frames. The first after a quiet
 * time is told at once, what follows is told together; who comes and goes in between is no news,
 * unless the log tells of one half of it: who was put out.
 */
export class Gathering {
  #notBeforeMs = -Infinity;
  #cancel: (() => void) | undefined;

  /**
   * @param flush called when it is time to `take` what was gathered.
   * @param passing what was gathered before.
   */
  constructor(
    readonly clock: Clock,
    readonly flush: () => void,
    readonly passing: Passing = new Passing(),
  ) {
    if (passing.any) this.#schedule();
  }

  came(user: Passer): void {
    const { joined, left, putOut } = this.passing;
    if (!left.delete(user.id) || putOut.has(user.id)) joined.set(user.id, user);
    this.#schedule();
  }

  found(user: Passer): void {
    const { left, found, putOut } = this.passing;
    if (!left.delete(user.id) || putOut.has(user.id)) found.set(user.id, user);
    this.#schedule();
  }

  went(user: Passer): void {
    const { joined, left, found, putOut } = this.passing;
    const untold = joined.delete(user.id) || found.delete(user.id);
    if (!untold || putOut.has(user.id)) left.set(user.id, user);
    this.#schedule();
  }

  /** The log tells that somebody who is there was put out; `went` follows. */
  putOut(user: UserId): void {
    this.passing.putOut.add(user);
  }

  /**
   * What is to be told now to so many sessions; undefined when it cancelled itself out. Names are
   * cut, not counts.
   */
  take(sessions: number): Gathered | undefined {
    this.stop();
    const { joined, left, found, putOut, any } = this.passing;
    if (!any) return undefined;
    const everyMs = Math.max(GATHER_MS, sessions * GATHER_MS_PER_SESSION);
    this.#notBeforeMs = this.clock.monotonic() + everyMs;
    Object.assign(this.passing, new Passing());
    // Another node has yet to say that these went.
    for (const id of putOut) {
      if (!joined.has(id) && !left.has(id) && !found.has(id)) this.putOut(id);
    }
    return { joined: listed(joined), left: listed(left), found: listed(found) };
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

function listed(users: ReadonlyMap<UserId, Passer>): Passer[] {
  return [...users.values()].slice(0, NAMES_LISTED_MAX);
}
