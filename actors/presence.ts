import { Refusal } from "../protocol/errors.ts";
import type { UserId, UserRef } from "../store/store.ts";
import type { Abroad } from "./abroad.ts";
import type { Ref, Self } from "./actor.ts";
import { writeThrough } from "./archive.ts";
import type { Heads, HubMessage } from "./hub_messages.ts";
import { PeerNews } from "./peer_news.ts";
import type { Session } from "./session.ts";
import type { SwitchboardMessage } from "./switchboard_messages.ts";
import type { SwitchboardOptions } from "./switchboard_options.ts";

/** Most connections of one user at a time. */
export const USER_SESSIONS_MAX = 64;

/** Somebody with a session on this node, or until a moment ago. */
interface Online {
  readonly user: UserRef;
  readonly canonicalName: string;
  /** With each, whether its client was welcomed: before that hubs do not know it. */
  readonly sessions: Map<Session, boolean>;
  /** Whether any client was welcomed: before that nobody was told who it is, to come back. */
  welcomed: boolean;
  /** Set while the last session has ended and the user may come back unnoticed. */
  cancelGrace: (() => void) | undefined;
}

/**
 * Who is online, on whatever node, under which name, and which hubs want to know. Long because coming,
 * going and coming back within the grace are one state of one user, asked for in many ways.
 */
export class Presence {
  readonly #online = new Map<UserId, Online>();
  readonly #names = new Map<string, UserId>();
  readonly #watchers = new Map<UserId, Set<Ref<HubMessage>>>();
  readonly #watched = new Map<Ref<HubMessage>, Set<UserId>>();
  /** Guests who went from here while they were on another node. */
  readonly #leftAbroad = new Map<UserId, UserRef>();
  readonly #peerNews: PeerNews;

  constructor(
    readonly self: Self<SwitchboardMessage>,
    readonly options: SwitchboardOptions,
    /** Undefined: this node is the only one. Asked for when it is needed. */
    readonly abroad: () => Abroad | undefined,
  ) {
    this.#peerNews = new PeerNews({
      store: options.store,
      clock: self.clock,
      sessions: (user) => this.sessions(user),
      anybody: () => this.#online.size > 0,
      onFailure: (error, what) => options.onFailure(error, what),
    });
  }

  connect(session: Session): Refusal | undefined {
    const { user, canonicalName } = session;
    const holder = this.byName(canonicalName);
    if (holder !== undefined && holder.id !== user.id) {
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
        sessions: new Map(),
        welcomed: false,
        cancelGrace: undefined,
      };
      this.#online.set(user.id, online);
      this.#names.set(canonicalName, user.id);
      const abroad = this.abroad();
      if (!abroad?.nodes.has(user.id)) this.#tell(user, true);
      abroad?.nodes.online(user);
    }
    online.cancelGrace?.();
    online.cancelGrace = undefined;
    online.sessions.set(session, false);
    return undefined;
  }

  welcomed(session: Session, heads: Heads | undefined): void {
    const online = this.#online.get(session.user.id);
    if (online?.sessions.get(session) !== false) return;
    online.sessions.set(session, true);
    online.welcomed = true;
    for (const hub of this.#watchers.get(session.user.id) ?? []) {
      void hub.tellWhenFits({ type: "attached", session, heads });
    }
  }

  disconnect(session: Session): void {
    const online = this.#online.get(session.user.id);
    if (!online?.sessions.delete(session)) return;
    for (const hub of this.#watchers.get(session.user.id) ?? []) {
      void hub.tellWhenFits({ type: "gone", session });
    }
    if (online.sessions.size > 0) return;
    const user = session.user.id;
    // A guest who was not let in would find its own name taken.
    if (!online.welcomed) return this.graceOver(user);
    online.cancelGrace = this.self.clock.after(this.options.graceMs, () => {
      online.cancelGrace = undefined;
      void this.self.ref.tellWhenFits({ type: "grace_over", user });
    });
  }

  graceOver(id: UserId): void {
    const online = this.#online.get(id);
    // It came back and may have gone again since: that has its own grace.
    if (!online || online.sessions.size > 0 || online.cancelGrace) return;
    this.#online.delete(id);
    this.#names.delete(online.canonicalName);
    const { user } = online;
    const abroad = this.abroad();
    abroad?.names.release(id, online.canonicalName);
    abroad?.nodes.offline(id);
    if (abroad?.nodes.has(id)) {
      if (user.guest) this.#leftAbroad.set(id, user);
      return;
    }
    this.#tell(user, false);
    if (user.guest) this.#guestWent(user);
  }

  /** On another node; nobody else had it online. */
  cameAbroad(user: UserRef): void {
    if (!this.#online.has(user.id)) this.#tell(user, true);
  }

  /** From the last other node. */
  wentAbroad(user: UserRef): void {
    const left = this.#leftAbroad.get(user.id);
    this.#leftAbroad.delete(user.id);
    if (this.#online.has(user.id)) return;
    this.#tell(user, false);
    if (left) this.#guestWent(left);
  }

  /** A session that was let in and may not stay; its user is not online for it, not even a moment. */
  expel(session: Session): void {
    const online = this.#online.get(session.user.id);
    if (!online) return;
    this.disconnect(session);
    if (online.sessions.size > 0 || !this.#online.has(session.user.id)) return;
    online.cancelGrace?.();
    online.cancelGrace = undefined;
    this.graceOver(session.user.id);
  }

  byName(canonical: string): UserRef | undefined {
    const id = this.#names.get(canonical);
    const here = id === undefined ? undefined : this.#online.get(id)?.user;
    return here ?? this.abroad()?.nodes.byName(canonical);
  }

  /** Somebody with a session on this node, or until a moment ago. */
  here(user: UserId): UserRef | undefined {
    return this.#online.get(user)?.user;
  }

  isAbroad(user: UserId): boolean {
    return this.abroad()?.nodes.has(user) ?? false;
  }

  sessions(user: UserId): Iterable<Session> {
    return this.#online.get(user)?.sessions.keys() ?? [];
  }

  onlineUsers(): ReadonlySet<UserId> {
    return new Set([...this.#online.keys(), ...this.abroad()?.nodes.users() ?? []]);
  }

  *allSessions(): Iterable<Session> {
    for (const online of this.#online.values()) yield* online.sessions.keys();
  }

  /**
   * Tells the hub of those who are there already, then of everyone who comes or goes. Answers who is
   * online. `heads`: up to where users who are there were sent its room.
   */
  watch(
    hub: Ref<HubMessage>,
    users: Iterable<UserId>,
    heads?: ReadonlyMap<UserId, Heads>,
  ): readonly UserId[] {
    const there: UserId[] = [];
    let watched = this.#watched.get(hub);
    if (!watched) this.#watched.set(hub, watched = new Set());
    for (const user of users) {
      watched.add(user);
      const watchers = this.#watchers.get(user);
      if (watchers) watchers.add(hub);
      else this.#watchers.set(user, new Set([hub]));
      const online = this.#online.get(user);
      if (!online && !this.isAbroad(user)) continue;
      there.push(user);
      void hub.tellWhenFits({ type: "presence", user, online: true });
      for (const [session, isWelcomed] of online?.sessions ?? []) {
        if (!isWelcomed) continue;
        void hub.tellWhenFits({ type: "attached", session, heads: heads?.get(user), there: true });
      }
    }
    return there;
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

  #tell(user: UserRef, online: boolean): void {
    this.#peerNews.tell(user, online);
    for (const hub of this.#watchers.get(user.id) ?? []) {
      void hub.tellWhenFits({ type: "presence", user: user.id, online });
    }
  }

  /** From now on it is idle; without a conversation that keeps its name, the name is free. */
  #guestWent({ id }: UserRef): void {
    const at = this.self.clock.now();
    // Whether it came to another node cannot be known now: whoever knows frees the name later.
    const certain = this.abroad()?.nodes.complete ?? true;
    writeThrough(this.options.archive, async (store) => {
      await store.seen(id, at);
      if (certain) await store.releaseName(id);
    }).catch((error) => this.options.onFailure(error, `releasing the name of a guest`));
  }
}
