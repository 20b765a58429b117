import { encode } from "../protocol/json_codec.ts";
import { Refusal } from "../protocol/errors.ts";
import type { UserId, UserRef } from "../store/store.ts";
import { type Ref, type Self, tellWhenFits } from "./actor.ts";
import { writeThrough } from "./archive.ts";
import type { Heads, HubMessage } from "./hub_messages.ts";
import type { Session } from "./session.ts";
import type { SwitchboardMessage, SwitchboardOptions } from "./switchboard.ts";

/** Most connections of one user at a time. */
export const USER_SESSIONS_MAX = 64;

interface Online {
  readonly user: UserRef;
  readonly canonicalName: string;
  readonly sessions: Set<Session>;
  /** Those of them whose clients have not been welcomed yet: hubs do not know them. */
  readonly early: Set<Session>;
  /** Set while the last session has ended and the user may come back unnoticed. */
  cancelGrace: (() => void) | undefined;
}

/** Who is online, under which name, and which hubs want to know. */
export class Presence {
  readonly #online = new Map<UserId, Online>();
  readonly #names = new Map<string, UserId>();
  readonly #watchers = new Map<UserId, Set<Ref<HubMessage>>>();
  readonly #watched = new Map<Ref<HubMessage>, Set<UserId>>();

  constructor(
    readonly self: Self<SwitchboardMessage>,
    readonly options: SwitchboardOptions,
  ) {}

  connect(session: Session): Refusal | undefined {
    const { user, canonicalName } = session;
    const holder = this.#names.get(canonicalName);
    if (holder !== undefined && holder !== user.id) {
      return new Refusal("name_taken", `${user.name} is in use; choose another name`);
    }
    let online = this.#online.get(user.id);
    if (online && online.sessions.size >= USER_SESSIONS_MAX) {
      return new Refusal("busy", `expected at most ${USER_SESSIONS_MAX} connections of one user`);
    }
    if (!online) {
      online = {
        user,
        canonicalName,
        sessions: new Set(),
        early: new Set(),
        cancelGrace: undefined,
      };
      this.#online.set(user.id, online);
      this.#names.set(canonicalName, user.id);
      this.#tellPeers(user, true);
      for (const hub of this.#watchers.get(user.id) ?? []) {
        void tellWhenFits(hub, { type: "presence", user: user.id, online: true });
      }
    }
    online.cancelGrace?.();
    online.cancelGrace = undefined;
    online.sessions.add(session);
    online.early.add(session);
    return undefined;
  }

  welcomed(session: Session, heads: Heads | undefined): void {
    if (!this.#online.get(session.user.id)?.early.delete(session)) return;
    for (const hub of this.#watchers.get(session.user.id) ?? []) {
      void tellWhenFits(hub, { type: "attached", session, heads });
    }
  }

  disconnect(session: Session): void {
    const online = this.#online.get(session.user.id);
    if (!online?.sessions.delete(session)) return;
    online.early.delete(session);
    for (const hub of this.#watchers.get(session.user.id) ?? []) {
      void tellWhenFits(hub, { type: "gone", session });
    }
    if (online.sessions.size > 0) return;
    const user = session.user.id;
    online.cancelGrace = this.self.clock.after(this.options.graceMs, () => {
      online.cancelGrace = undefined;
      void tellWhenFits(this.self.ref, { type: "grace_over", user });
    });
  }

  graceOver(id: UserId): void {
    const online = this.#online.get(id);
    // It came back and may have gone again since: that has its own grace.
    if (!online || online.sessions.size > 0 || online.cancelGrace) return;
    this.#online.delete(id);
    this.#names.delete(online.canonicalName);
    this.#tellPeers(online.user, false);
    for (const hub of this.#watchers.get(id) ?? []) {
      void tellWhenFits(hub, { type: "presence", user: id, online: false });
    }
    if (!online.user.guest) return;
    const at = this.self.clock.now();
    // From now on it is idle; without a conversation that keeps its name, the name is free.
    writeThrough(this.options.archive, async (store) => {
      await store.seen(id, at);
      await store.releaseName(id);
    }).catch((error) => this.options.onFailure(error, `releasing the name of a guest`));
  }

  byName(canonical: string): UserRef | undefined {
    const id = this.#names.get(canonical);
    return id === undefined ? undefined : this.#online.get(id)?.user;
  }

  sessions(user: UserId): Iterable<Session> {
    return this.#online.get(user)?.sessions ?? [];
  }

  onlineUsers(): ReadonlySet<UserId> {
    return new Set(this.#online.keys());
  }

  *allSessions(): Iterable<Session> {
    for (const online of this.#online.values()) yield* online.sessions;
  }

  /** Tells the hub of those who are there already, then of everyone who comes or goes. */
  watch(hub: Ref<HubMessage>, users: readonly UserId[]): void {
    let watched = this.#watched.get(hub);
    if (!watched) this.#watched.set(hub, watched = new Set());
    for (const user of users) {
      watched.add(user);
      const watchers = this.#watchers.get(user);
      if (watchers) watchers.add(hub);
      else this.#watchers.set(user, new Set([hub]));
      const online = this.#online.get(user);
      if (!online) continue;
      void tellWhenFits(hub, { type: "presence", user, online: true });
      for (const session of online.sessions) {
        if (online.early.has(session)) continue;
        void tellWhenFits(hub, { type: "attached", session, there: true });
      }
    }
  }

  unwatch(hub: Ref<HubMessage>, user?: UserId): void {
    const watched = this.#watched.get(hub);
    if (!watched) return;
    for (const each of user === undefined ? [...watched] : [user]) {
      watched.delete(each);
      const watchers = this.#watchers.get(each);
      watchers?.delete(hub);
      if (watchers?.size === 0) this.#watchers.delete(each);
    }
    if (watched.size === 0) this.#watched.delete(hub);
  }

  stop(): void {
    for (const online of this.#online.values()) online.cancelGrace?.();
  }

  /** Those who share a direct conversation or a group hear of it, on every session. */
  #tellPeers(user: UserRef, online: boolean): void {
    const at = this.self.clock.now();
    this.options.store.peers(user.id).then((peers) => {
      if (peers.length === 0) return;
      const text = encode({ type: "presence", user: user.name, online, at });
      for (const peer of peers) {
        for (const session of this.sessions(peer)) {
          if (session.view === "json") session.out.say(text);
        }
      }
    }).catch((error) => this.options.onFailure(error, "reading who is to hear of a presence"));
  }
}
