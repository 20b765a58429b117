import { Refusal } from "../protocol/errors.ts";
import { isGuestName } from "../protocol/names.ts";
import type { UserId } from "../store/store.ts";
import type { Clock } from "./clock.ts";
import type { Session } from "./session.ts";
import type { SharedKeys } from "./shared_keys.ts";

/** Names as keys that users own. */
export type NameClaims = Pick<SharedKeys, "claim" | "release">;

/** So long a name stays with its user after the node that held it has died. */
export const CLAIM_MS = 30_000;
const KEEP_EVERY_MS = 10_000;
/** Names kept at a time. */
const KEEP_AT_A_TIME = 500;
/** Tried again when the claims cannot be asked. */
const RETRY_MS = 2_000;

export interface HeldNamesOptions {
  readonly clock: Clock;
  readonly claims: NameClaims;
  /** Whether another node says that this user is online there. */
  elsewhere(user: UserId): boolean;
  /** A name that was held is another's now: nobody could be told so in time. */
  lost(user: UserId): void;
  onFailure(error: unknown, what: string): void;
}

/**
 * The names that this node holds for its guests who are online, each for one user over all nodes,
 * as long as its node says so again and again. Accounts, and guests with a conversation, have
 * theirs in the store; the names that the server gives are long enough not to meet.
 */
export class HeldNames {
  readonly #held = new Map<string, UserId>();
  #cancel: () => void;
  #keeping = false;

  constructor(readonly options: HeldNamesOptions) {
    this.#cancel = options.clock.after(KEEP_EVERY_MS, () => this.keep());
  }

  /** Why a new session may not have its name; undefined: it may. */
  async claim({ user, canonicalName }: Session): Promise<Refusal | undefined> {
    if (!user.guest || isGuestName(user.name)) return undefined;
    if (this.#held.get(canonicalName) === user.id) return undefined;
    const { claims, elsewhere } = this.options;
    try {
      if (!await claims.claim(keyOf(canonicalName), user.id, CLAIM_MS)) {
        return new Refusal("name_taken", `${user.name} is in use; choose another name`);
      }
    } catch {
      // Nobody else was let in under the name of somebody whom the nodes knew to be online.
      if (!elsewhere(user.id)) {
        return new Refusal(
          "unavailable",
          "it cannot be found out now whether that name is free; come without one, or log in",
          RETRY_MS,
        );
      }
    }
    this.#held.set(canonicalName, user.id);
    return undefined;
  }

  /** The user is not online here any more. */
  release(user: UserId, canonicalName: string): void {
    if (this.#held.get(canonicalName) !== user) return;
    this.#held.delete(canonicalName);
    const { claims, elsewhere } = this.options;
    if (elsewhere(user)) return;
    // What cannot be released now ends by itself.
    claims.release(keyOf(canonicalName), user).catch(() => {});
  }

  /** Says again what is held; at once when it may have been forgotten. */
  keep(): void {
    this.#cancel();
    this.#cancel = this.options.clock.after(KEEP_EVERY_MS, () => this.keep());
    if (this.#keeping) return;
    this.#keeping = true;
    this.#keepAll().catch((error) => this.options.onFailure(error, "keeping the names of guests"))
      .finally(() => this.#keeping = false);
  }

  stop(): void {
    this.#cancel();
  }

  async #keepAll(): Promise<void> {
    const all = [...this.#held];
    for (let from = 0; from < all.length; from += KEEP_AT_A_TIME) {
      // Not those that were released meanwhile: nobody would free them again.
      const some = all.slice(from, from + KEEP_AT_A_TIME)
        .filter(([name, user]) => this.#held.get(name) === user);
      // The next time comes soon; what lasts longer than CLAIM_MS may cost names, never messages.
      const kept = await Promise.all(
        some.map(([name, user]) => this.options.claims.claim(keyOf(name), user, CLAIM_MS)),
      ).catch(() => undefined);
      if (!kept) return;
      some.forEach(([name, user], index) => {
        if (kept[index] || this.#held.get(name) !== user) return;
        this.#held.delete(name);
        this.options.lost(user);
      });
    }
  }
}

function keyOf(canonicalName: string): string {
  return `name:${canonicalName}`;
}
