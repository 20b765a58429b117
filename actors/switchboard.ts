import { CLOSE, Refusal } from "../protocol/errors.ts";
import { encode } from "../protocol/json_codec.ts";
import type { Name } from "../protocol/names.ts";
import type { Belonging, LogRow, Room, UserRef } from "../store/store.ts";
import { Abroad } from "./abroad.ts";
import type { Behaviour, Self } from "./actor.ts";
import { Directory } from "./directory.ts";
import { Forgetting } from "./forgetting.ts";
import { Involvement } from "./involvement.ts";
import { logEvent } from "./log_events.ts";
import { Presence } from "./presence.ts";
import type { NodeNews } from "./relay_news.ts";
import { asRefusal } from "./replies.ts";
import { type Session, show } from "./session.ts";
import type { EndSessions, SwitchboardMessage } from "./switchboard_messages.ts";
import type { SwitchboardOptions } from "./switchboard_options.ts";

/** Most messages that wait for the switchboard: connections coming and going, rooms asked for. */
export const SWITCHBOARD_BOUND = 32_768;

type Opening = Extract<SwitchboardMessage, { type: "opening" }>;

/**
 * The directory: which sessions a user has and which hub serves a room. Starts the hubs, is their
 * parent, and tells everyone at shutdown. It waits for nobody either: what it asks of the store
 * comes back in a callback. Its state is in its parts; long because here is which part each of its
 * messages goes to, and what is said to sessions whatever room they are in.
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
  #stopping = false;
  readonly #forgetting: Forgetting;

  constructor(
    readonly self: Self<SwitchboardMessage>,
    readonly options: SwitchboardOptions,
  ) {
    const { among, store, onFailure } = options;
    const directory = this.#directory = new Directory(self, options, () => this.#abroad?.nodes);
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
    this.#involvement = among && new Involvement({
      clock: self.clock,
      store,
      directory,
      presence,
      onFailure,
    });
    this.#forgetting = new Forgetting(self, {
      archive: options.archive,
      online: () => presence.onlineUsers(),
      isOurs: () => this.#abroad?.forgets ?? true,
      onFailure,
    });
    // At once, too: a server that was killed released no names.
    this.#forgetting.forget();
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
      case "opening":
        return this.#opening(message);
      case "rested":
        return this.#involvement?.rested(message.room, message.seq, message.users);
      case "watch":
        this.#presence.watch(message.hub, [message.user]);
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
        return this.#forgetting.forget();
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
        this.#involvement?.bus(message.up);
        if (message.up) this.#forgetting.soon();
        return this.#abroad?.hear(message);
      case "nodes":
      case "missed":
        this.#involvement?.missed();
        return this.#abroad?.hear(message);
      case "announced":
        return this.#abroad?.hear(message);
    }
  }

  stop(): void {
    this.#forgetting.stop();
    this.#presence.stop();
    this.#abroad?.stop();
    this.#involvement?.stop();
  }

  #welcomed(session: Session, belongings: readonly Belonging[] | undefined): void {
    const heads = belongings && new Map(belongings.map(({ room, seq }) => [room, seq]));
    if (heads) this.#involvement?.welcomed(session, belongings, heads);
    this.#presence.welcomed(session, heads);
  }

  #opening({ hub, room, members, before, reply }: Opening): void {
    const resume = before ? [] : this.#involvement?.resume(room, members) ?? [];
    const heads = new Map(resume.map(({ user, from }) => [user.id, new Map([[room.id, from]])]));
    const users = new Set([...members, ...resume].map(({ user }) => user.id));
    reply({ online: this.#presence.watch(hub, users, heads), resume });
  }

  /**
   * The first members of a group hear of it as those who are invited later do, each from their own
   * event on; so do its maker's devices.
   */
  #began(room: Room, rows: readonly LogRow[], by: UserRef): void {
    const to = (row: LogRow) => row.type === "member" ? row.userId : by.id;
    if (!this.#involvement) {
      const texts = rows.map((row) => encode(logEvent(row, room.name)));
      const listeners = new Set<Session>();
      for (const [index, row] of rows.entries()) {
        for (const session of this.#presence.sessions(to(row))) {
          if (session.view === "json") listeners.add(session);
        }
        for (const { out } of listeners) out.say(texts[index] as string);
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
      if (refused) void this.self.ref.tellWhenFits({ type: "nameless", session });
      reply(refused);
    });
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
      await hub.tellWhenFits({ type: "finish" });
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
