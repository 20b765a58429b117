import { encode } from "../protocol/json_codec.ts";
import type { Store, UserId, UserRef } from "../store/store.ts";
import type { Clock } from "./clock.ts";
import type { Session } from "./session.ts";

/** Users whose peers are looked up at a time: a node that dies takes many along. */
const LOOKUPS_MAX = 16;

export interface PeerNewsOptions {
  readonly store: Pick<Store, "peers">;
  readonly clock: Clock;
  sessions(user: UserId): Iterable<Session>;
  /** Whether anybody is here who could be told. */
  anybody(): boolean;
  onFailure(error: unknown, what: string): void;
}

/**
 * Tells those who share a direct conversation or a group with a user, on every session here, that
 * it is online or is not any more. Who goes and comes back while the news waits is no news.
 */
export class PeerNews {
  readonly #waiting = new Map<UserId, { user: UserRef; online: boolean; at: number }>();
  readonly #underWay = new Set<UserId>();

  constructor(readonly options: PeerNewsOptions) {}

  tell(user: UserRef, online: boolean): void {
    if (!this.options.anybody()) return;
    const waiting = this.#waiting.get(user.id);
    if (waiting && waiting.online !== online) {
      this.#waiting.delete(user.id);
      return;
    }
    this.#waiting.set(user.id, { user, online, at: this.options.clock.now() });
    this.#next();
  }

  #next(): void {
    for (const [id, { user, online, at }] of this.#waiting) {
      if (this.#underWay.size >= LOOKUPS_MAX) return;
      // One after the other, or the last word might be the older one.
      if (this.#underWay.has(id)) continue;
      this.#waiting.delete(id);
      this.#underWay.add(id);
      this.options.store.peers(id).then((peers) => this.#say(peers, user, online, at))
        .catch((error) => this.options.onFailure(error, "reading who is to hear of a presence"))
        .finally(() => {
          this.#underWay.delete(id);
          this.#next();
        });
    }
  }

  #say(peers: readonly UserId[], { name }: UserRef, online: boolean, at: number): void {
    if (peers.length === 0) return;
    const text = encode({ type: "presence", user: name, online, at });
    for (const peer of peers) {
      for (const session of this.options.sessions(peer)) {
        if (session.view === "json") session.out.say(text);
      }
    }
  }
}
