import { CLOSE, Refusal } from "../protocol/errors.ts";
import { encode } from "../protocol/json_codec.ts";
import type { Name } from "../protocol/names.ts";
import type { Belonging, LogRow, Room, RoomId, Store, UserId, UserRef } from "../store/store.ts";
import { Abroad, type AmongNodes } from "./abroad.ts";
import { type Behaviour, type Ref, type Self, tellWhenFits } from "./actor.ts";
import { type ArchiveMessage, writeThrough } from "./archive.ts";
import { Directory, type RoomKey } from "./directory.ts";
import type { HubObserver, HubOptions } from "./hub.ts";
import type { HubMessage } from "./hub_messages.ts";
import { Involvement } from "./involvement.ts";
import { logEvent } from "./log_events.ts";
import { Presence } from "./presence.ts";
import type { FromNodes } from "./relay.ts";
import type { NodeNews } from "./relay_news.ts";
import { asRefusal } from "./replies.ts";
import { type Session, show } from "./session.ts";
import { Sweep } from "./sweep.ts";

/** Most messages that wait for the switchboard: connections coming and going, rooms asked for. */
export const SWITCHBOARD_BOUND = 32_768;

export type SwitchboardMessage =
  /** Where several nodes serve the same rooms. */
  | FromNodes
  /** A new session wants to be known; refused when another user holds its name. */
  | {
    readonly type: "connect";
    readonly session: Session;
    reply(refused: Refusal | undefined): void;
  }
  /**
   * Its client was told of these groups and direct conversations, as far as they go: from now on it
   * hears of them. Undefined: it was told nothing.
   */
  | {
    readonly type: "welcomed";
    readonly session: Session;
    readonly belongings: readonly Belonging[] | undefined;
  }
  | { readonly type: "disconnect"; readonly session: Session }
  /** Who serves this room? Starts its hub when none does. */
  | {
    readonly type: "route";
    readonly key: RoomKey;
    /** Make the room when it does not exist: a public one, or a direct conversation. */
    readonly create: boolean;
    /** The group of addresses that a room made for this counts against. */
    readonly from?: string;
    reply(hub: Ref<HubMessage> | Refusal): void;
  }
  /** Which user is online under this name, or was until a moment ago? */
  | {
    readonly type: "holder";
    readonly canonicalName: string;
    reply(user: UserRef | undefined): void;
  }
  /** Who is called this, online or in the store? */
  | {
    readonly type: "resolve";
    readonly name: Name;
    reply(user: UserRef | Refusal): void;
  }
  /** A hub wants to hear of these users' sessions, coming and there already. */
  | {
    readonly type: "watch";
    readonly hub: Ref<HubMessage>;
    readonly users: readonly UserId[];
    /** It wants to hear when it has been told of all that were there. */
    readonly answer?: boolean;
  }
  /** Of this user no more, or of nobody. */
  | {
    readonly type: "unwatch";
    readonly hub: Ref<HubMessage>;
    readonly user?: UserId | undefined;
  }
  /** So many are in a public room, and so many of them on this node. */
  | {
    readonly type: "count";
    readonly room: RoomId;
    readonly count: number;
    readonly here: number;
  }
  /** How many are in which active room. */
  | { readonly type: "counts"; reply(counts: ReadonlyMap<RoomId, number>): void }
  | { readonly type: "dissolved"; readonly room: Room }
  /** A group was made, with these first events. */
  | {
    readonly type: "began";
    readonly room: Room;
    readonly rows: readonly LogRow[];
    readonly by: UserRef;
  }
  | EndSessions
  /** Time to free the names of guests who have not been seen for long. */
  | { readonly type: "forget" }
  /** Says something to everybody. */
  | { readonly type: "notice"; readonly content: string }
  /** A session that was let in may not have its name. */
  | { readonly type: "nameless"; readonly session: Session }
  /** It is time to tell the other nodes who is online here. */
  | { readonly type: "share" }
  /** A user's grace after its last session is over. */
  | { readonly type: "grace_over"; readonly user: UserId }
  /** Takes nothing new, lets the hubs finish, then closes every session with 1001. */
  | { readonly type: "shutdown"; reply(): void };

/** Ends a user's connections: all, those of one token, or all but one token's. */
export interface EndSessions {
  readonly type: "end_sessions";
  readonly user: UserId;
  readonly token?: string | undefined;
  readonly exceptToken?: string | undefined;
  readonly code: number;
  readonly reason: string;
}

export interface SwitchboardOptions {
  readonly store: Store;
  readonly archive: Ref<ArchiveMessage>;
  readonly joinHistory: number;
  readonly hubIdleMs: number;
  /** A user is told to be offline, and a guest's name is free, this long after its last session. */
  readonly graceMs: number;
  /** Undefined: this node is the only one. */
  readonly among?: AmongNodes | undefined;
  readonly observer?: HubObserver | undefined;
  /** Throws a `Refusal` when too many rooms were made from this group of addresses. */
  mayOpen?: ((from: string) => void) | undefined;
  onFailure(error: unknown, what: string): void;
  /** A hub was given up: the server cannot go on serving that room. */
  onGivenUp(hub: string, error: unknown): void;
}

export const GRACE_MS = 5_000;
/** A guest with a direct conversation or a group keeps its name this long without being seen. */
export const GUEST_IDLE_MS = 30 * 24 * 3600 * 1000;
const FORGET_EVERY_MS = 3600 * 1000;
/** One of several nodes looks so often whether it is the one that frees names. */
const FORGETTING_LOOKED_AT_MS = 60_000;

/**
 * The directory: which sessions a user has and which hub serves a room. Starts the hubs, is their
 * parent, and tells everyone at shutdown. It waits for nobody either: what it asks of the store
 * comes back in a callback.
 */
export function switchboard(options: SwitchboardOptions): Behaviour<SwitchboardMessage> {
  return async (self) => {
    const board = new Switchboard(self, options);
    try {
      for await (const batch of self.inbox.batches()) {
        for (const message of batch) board.handle(message);
      }
    } finally {
      board.stop();
    }
  };
}

class Switchboard {
  readonly #directory: Directory;
  readonly #presence: Presence;
  readonly #abroad: Abroad | undefined;
  readonly #involvement: Involvement | undefined;
  readonly #sweep: Sweep | undefined;
  #stopping = false;
  #cancelForgetting = () => {};

  constructor(
    readonly self: Self<SwitchboardMessage>,
    readonly options: SwitchboardOptions,
  ) {
    const { among, store, onFailure } = options;
    const directory = this.#directory = new Directory(
      self,
      options,
      () => this.#abroad?.nodes,
      (room) => this.#lasting(room),
    );
    const presence = this.#presence = new Presence(self, options, () => this.#abroad);
    this.#abroad = among && new Abroad(self, {
      ...among,
      store,
      presence,
      listener: {
        came: (user) => presence.cameAbroad(user),
        went: (user) => presence.wentAbroad(user),
        neighboursChanged: () => directory.neighboursChanged(),
      },
      heard: (_, news) => this.#heard(news),
      onFailure,
    });
    const involvement = this.#involvement = among && new Involvement({
      isActive: (room) => directory.active(room) !== undefined,
      wake: (room) => void directory.wake(room),
    });
    this.#sweep = involvement && new Sweep({
      clock: self.clock,
      store,
      users: () => involvement.users(),
      found: (users, belongings) => involvement.found(users, belongings),
      onFailure,
    });
    // At once, too: a server that was killed released no names.
    this.#forget();
  }

  handle(message: SwitchboardMessage): void {
    switch (message.type) {
      case "connect":
        return this.#connect(message.session, message.reply);
      case "welcomed":
        return this.#welcomed(message.session, message.belongings);
      case "disconnect":
        return this.#presence.disconnect(message.session);
      case "route":
        return this.#directory.route(message.key, message);
      case "holder":
        return message.reply(this.#presence.byName(message.canonicalName));
      case "resolve":
        return this.#resolve(message.name, message.reply);
      case "watch":
        this.#presence.watch(message.hub, message.users);
        if (message.answer) void tellWhenFits(message.hub, { type: "watched" });
        return;
      case "unwatch":
        return this.#presence.unwatch(message.hub, message.user);
      case "count":
        return this.#directory.count(message.room, message.count, message.here);
      case "counts":
        return message.reply(this.#directory.counts());
      case "dissolved":
        return this.#directory.dissolved(message.room);
      case "notice":
        this.#notice(message.content);
        return this.#abroad?.nodes.tell({ type: "notice", content: message.content });
      case "end_sessions":
        this.#end(message);
        return this.#abroad?.nodes.tell(endNews(message));
      case "nameless":
        return this.#presence.expel(message.session);
      case "forget":
        return this.#forget();
      case "grace_over":
        this.#presence.graceOver(message.user);
        if (!this.#presence.here(message.user)) this.#involvement?.left(message.user);
        return;
      case "shutdown":
        return this.#shutdown(message.reply);
      case "share":
        return this.#abroad?.nodes.share();
      case "began":
        return this.#began(message.room, message.rows, message.by);
      case "bus":
        this.#sweep?.bus(message.up);
        return this.#abroad?.hear(message);
      case "nodes":
      case "missed":
        this.#sweep?.soon();
        return this.#abroad?.hear(message);
      case "announced":
        return this.#abroad?.hear(message);
    }
  }

  stop(): void {
    this.#cancelForgetting();
    this.#presence.stop();
    this.#abroad?.stop();
    this.#sweep?.stop();
  }

  #welcomed(session: Session, belongings: readonly Belonging[] | undefined): void {
    const heads = belongings && new Map(belongings.map(({ room, seq }) => [room, seq]));
    if (this.#involvement && heads) {
      for (const room of this.#involvement.welcomed(session.user.id, belongings)) {
        // Before it asks who is there, so that it knows what this session has been told.
        void this.#directory.wake(room).then((hub) =>
          hub && tellWhenFits(hub, { type: "attached", session, heads })
        );
      }
      for (const room of heads.keys()) {
        const hub = this.#directory.active(room);
        if (hub) void tellWhenFits(hub, { type: "attached", session, heads });
      }
    }
    this.#presence.welcomed(session, heads);
  }

  /** The first members of a group hear of it as those who are invited later do; so do its maker's devices. */
  #began(room: Room, rows: readonly LogRow[], by: UserRef): void {
    const to = (row: LogRow) => row.type === "member" ? row.userId : by.id;
    if (!this.#involvement) {
      for (const row of rows) {
        for (const session of this.#presence.sessions(to(row))) {
          if (session.view === "json") session.out.say(encode(logEvent(row, room.name)));
        }
      }
      return;
    }
    const users = [...new Set(rows.map(to))];
    const news = { type: "involved", room: room.id, users, after: 0 } as const;
    this.#involvement.involved(news);
    this.#abroad?.nodes.tell(news);
  }

  #connect(session: Session, reply: (refused: Refusal | undefined) => void): void {
    const refused = this.#stopping
      ? new Refusal("unavailable", "the server stops")
      : this.#presence.connect(session);
    if (refused || !this.#abroad) return reply(refused);
    this.#abroad.names.claim(session).then((refused) => {
      if (refused) void tellWhenFits(this.self.ref, { type: "nameless", session });
      reply(refused);
    });
  }

  /** How people here take part in a group or direct room, where there are several nodes. */
  #lasting({ id, kind, between }: Room): Pick<HubOptions, "resume" | "onRest"> {
    const involvement = this.#involvement;
    if (!involvement || kind === "public") return {};
    const members = new Map(involvement.members(id));
    for (const user of between ?? []) {
      // It began elsewhere since this one was welcomed.
      if (involvement.has(user.id) && !members.has(user.id)) members.set(user.id, 0);
    }
    const resume = [...members].flatMap(([id, from]) => {
      const user = this.#presence.here(id);
      return user ? [{ user, from }] : [];
    });
    return {
      resume,
      onRest: (seq, users) => involvement.rested(id, seq, users),
    };
  }

  /** What another node has for the people here. */
  #heard(news: NodeNews): void {
    switch (news.type) {
      case "involved":
        return this.#involvement?.involved(news);
      case "notice":
        return this.#notice(news.content);
      case "end": {
        const { user, session: token, except: exceptToken, code, reason } = news;
        return this.#end({ type: "end_sessions", user, token, exceptToken, code, reason });
      }
    }
  }

  #notice(content: string): void {
    for (const session of this.#presence.allSessions()) {
      const shown = show({ type: "notice", content }, session.view);
      if (shown !== undefined) session.out.say(shown);
    }
  }

  #end({ user, token, exceptToken, code, reason }: EndSessions): void {
    for (const session of this.#presence.sessions(user)) {
      if (token !== undefined && session.tokenId !== token) continue;
      if (exceptToken !== undefined && session.tokenId === exceptToken) continue;
      session.out.close(code, reason);
    }
  }

  #forget(): void {
    const mayForget = this.#abroad?.forgets ?? true;
    this.#cancelForgetting = this.self.clock.after(
      mayForget ? FORGET_EVERY_MS : FORGETTING_LOOKED_AT_MS,
      () => void tellWhenFits(this.self.ref, { type: "forget" }),
    );
    if (!mayForget) return;
    const { archive, onFailure } = this.options;
    const idleBefore = this.self.clock.now() - GUEST_IDLE_MS;
    const online = this.#presence.onlineUsers();
    writeThrough(archive, (store) => store.forgetGuests(idleBefore, online))
      .catch((error) => onFailure(error, "forgetting guests"));
  }

  #resolve(name: Name, reply: (user: UserRef | Refusal) => void): void {
    const online = this.#presence.byName(name.canonical);
    if (online) return reply(online);
    this.options.store.userByName(name.canonical).then(
      (user) => reply(user ?? new Refusal("no_such_user", `nobody here is called ${name.name}`)),
      (error) => reply(asRefusal(error)),
    );
  }

  #shutdown(reply: () => void): void {
    this.#stopping = true;
    const finished = this.#directory.stop().map(async (hub) => {
      await tellWhenFits(hub, { type: "finish" });
      await hub.stopped;
    });
    Promise.all(finished).then(() => {
      for (const session of this.#presence.allSessions()) {
        session.out.close(CLOSE.goingAway, "the server goes away; come back at once");
      }
      reply();
    });
  }
}

function endNews({ user, token, exceptToken, code, reason }: EndSessions): NodeNews {
  return {
    type: "end",
    user,
    ...(token === undefined ? undefined : { session: token }),
    ...(exceptToken === undefined ? undefined : { except: exceptToken }),
    code,
    reason,
  };
}
