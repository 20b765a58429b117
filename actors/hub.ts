import { Refusal } from "../protocol/errors.ts";
import type { LogRow, Room } from "../store/store.ts";
import type { Behaviour, RestartPolicy, Self } from "./actor.ts";
import { Audience } from "./audience.ts";
import { CatchingUp } from "./catching_up.ts";
import { CopiedMaps } from "./copied_maps.ts";
import type { Kept } from "./crowd.ts";
import { Delivery } from "./delivery.ts";
import { GapReader } from "./gap_reader.ts";
import { Passing } from "./gathering.ts";
import type { HubMessage, JoinMessage } from "./hub_messages.ts";
import { type Opening, openingOf } from "./hub_opening.ts";
import type { HubOptions } from "./hub_options.ts";
import { Joins } from "./joins.ts";
import { abandon, joinsAgain, refuseFailed } from "./recovery.ts";
import { ReadMarks } from "./read_marks.ts";
import { asRefusal, refuse } from "./replies.ts";
import { RoomCommands } from "./room_commands.ts";
import { Roster } from "./roster.ts";
import { Submissions, type UnderWay } from "./submissions.ts";
import { Typing } from "./typing.ts";

/** Most messages that wait for a hub; readers hold their sockets back before more come. */
export const HUB_BOUND = 4096;
/** A hub that nobody has needed for this long ends. */
export const HUB_IDLE_MS = 60_000;

export const HUB_RESTART: RestartPolicy = {
  most: 5,
  withinMs: 60_000,
  backoffMs: 10,
  backoffMaxMs: 1_000,
};

/**
 * One per active room, the chat example's hub: it alone owns the room's members and serializes
 * join, leave and broadcast. Nothing in its loop waits for a peer, a disk or another actor; what
 * it needs comes back as a message. Restarted, it starts from the store, and the sessions it had
 * join again from the last event they were sent. When the store does not answer, it refuses those
 * who wait and ends: the next who asks for the room starts it anew.
 *
 * What each message does is in the parts that it owns; here is which part a message goes to, and in
 * which order. Long because that, and how a turn goes and fails, is to be seen in one place.
 */
export function hub(options: HubOptions): Behaviour<HubMessage> {
  const underWay: UnderWay = { count: 0 };
  let kept: Kept | undefined;
  let before = false;
  return async (self) => {
    kept ??= {
      passing: new Passing(),
      elsewhere: options.relay && new CopiedMaps(() => self.clock.monotonic()),
    };
    let opening: Opening;
    try {
      opening = await openingOf(options, self.ref, before);
    } catch (error) {
      const refusal = asRefusal(error);
      if (refusal.code === "internal") throw error;
      options.onFailure(error, `loading room ${options.room}`);
      return abandon(self.inbox, refusal);
    }
    const loop = new Hub(self, options, opening, underWay, kept);
    before = true;
    try {
      await loop.run();
    } finally {
      loop.stop();
    }
  };
}

class Hub {
  readonly room: Room;
  readonly #audience: Audience;
  readonly #delivery: Delivery;
  readonly #roster: Roster;
  readonly #joins: Joins;
  readonly #submissions: Submissions;
  readonly #marks: ReadMarks;
  readonly #typing: Typing;
  readonly #commands: RoomCommands;
  readonly #gaps: GapReader;
  readonly #catchingUp: CatchingUp;
  #activeMs: number;
  #cancelIdle = () => {};
  #finishing = false;

  constructor(
    readonly self: Self<HubMessage>,
    readonly options: HubOptions,
    opening: Opening,
    readonly underWay: UnderWay,
    kept: Kept,
  ) {
    const { room, from } = opening;
    this.room = room;
    const audience = this.#audience = new Audience(room);
    const flush = () => this.#flush();
    const roster = this.#roster = new Roster(self, options, opening, audience, flush, kept);
    this.#gaps = new GapReader(self, options, room.id, () => this.#delivery);
    const delivery = this.#delivery = new Delivery(
      audience,
      from,
      (row) => this.#applied(row),
      (found) => this.#gaps.missing(found),
      options.observer,
    );
    const joins = this.#joins = new Joins({
      self,
      options,
      room,
      audience,
      roster,
      delivery,
      flush,
    });
    const submissions = new Submissions(self, options, room, roster, delivery, underWay);
    const marks = new ReadMarks(self, options, room, roster, underWay);
    const typing = new Typing(self, options, audience);
    this.#submissions = submissions;
    this.#marks = marks;
    this.#typing = typing;
    this.#commands = new RoomCommands({
      clock: self.clock,
      options,
      room,
      roster,
      joins,
      submissions,
      marks,
      typing,
    });
    this.#catchingUp = new CatchingUp({ self, options, room, audience, joins, delivery, flush });
    this.#activeMs = self.clock.monotonic();
    this.#idleLater();
    if (options.relay) {
      void options.relay.tellWhenFits({ type: "attach", room: room.id, hub: self.ref });
    }
    // Everybody whom it is for is there before it goes on: what tells of their sessions is in the
    // mailbox since the opening was answered, and whatever brings an event comes behind that.
    delivery.knows(room.seq);
  }

  async run(): Promise<void> {
    const { inbox } = this.self;
    for await (const batch of inbox.batches()) {
      let at = 0;
      try {
        for (; at < batch.length; at++) {
          this.#handle(batch[at] as HubMessage);
          const released = this.#released();
          if (released.length > 0) batch.splice(at + 1, 0, ...released);
        }
        this.#flush();
        this.#submissions.submit();
        this.#submissions.publish();
      } catch (error) {
        refuseFailed(batch[at]);
        // What was checked before goes its way; the next start gets the answers.
        this.#submissions.submit();
        inbox.putBack([
          ...joinsAgain(this.#audience, this.#joins.arrivals, this.#delivery.flushed),
          ...this.#finishing ? [{ type: "finish" } as const] : [],
          ...this.#joins.arrivals.released(),
          ...this.#catchingUp.take(),
          ...batch.slice(at + 1),
        ]);
        throw error;
      }
      if (this.#mayEnd()) {
        // Nothing waits and nothing is under way, so nobody is owed an answer: what comes from
        // now on is told to another hub, which learns how far this one has come.
        this.#roster.rest(this.#delivery.delivered);
        inbox.close();
        return;
      }
    }
  }

  stop(): void {
    this.#cancelIdle();
    this.#gaps.stop();
    this.#roster.stop();
    const { relay } = this.options;
    if (relay) void relay.tellWhenFits({ type: "detach", room: this.room.id, hub: this.self.ref });
  }

  #handle(message: HubMessage): void {
    switch (message.type) {
      case "command":
        this.#activeMs = this.self.clock.monotonic();
        if (this.#finishing) {
          return refuse(message.session, message.command.id, "unavailable", "the server stops");
        }
        if (this.#defers(message)) return;
        return this.#commands.command(message);
      case "appended":
        return this.#submissions.appended(message);
      case "join":
        this.#activeMs = this.self.clock.monotonic();
        return this.#join(message);
      case "admitted":
        return this.#joins.admitted(message);
      case "not_admitted":
        return this.#joins.notAdmitted(message);
      case "leave":
        if (this.#defers(message)) return;
        return this.#commands.leave(message);
      case "gone":
        this.#catchingUp.gone(message.session);
        if (!this.#joins.arrivals.defers(message)) this.#joins.gone(message.session);
        return;
      case "relayed":
        return this.#relayed(message);
      case "listening":
        return this.#roster.crowd.listening();
      case "neighbours":
        return this.#roster.crowd.neighboursChanged();
      case "share":
        return this.#roster.crowd.share();
      case "head":
        return this.#delivery.knows(message.seq);
      case "gap":
        return this.#gaps.read();
      case "filled":
        this.options.observer?.gapRead(message.rows.length);
        return this.#delivery.filled(message.after, message.rows);
      case "not_filled":
        this.#catchingUp.fail(message.error);
        return this.#gaps.failed(message.error);
      case "awaited":
        return this.#catchingUp.awaited(message);
      case "not_awaited":
        return this.#catchingUp.fail(message.error, message.message.session);
      case "marked":
        return this.#marks.marked(message);
      case "typed":
        return this.#typing.show(message.user);
      case "attached":
        if (this.#catchingUp.defers(message)) return;
        return this.#joins.attach(message);
      case "presence":
        return this.#roster.presence(message.user, message.online);
      case "gathered":
        return this.#roster.crowd.tellGathered();
      case "idle":
        return this.#idleLater();
      case "finish":
        this.#finishing = true;
        this.#catchingUp.fail(new Refusal("unavailable", "the server stops"));
        this.#catchingUp.take();
        return this.#joins.finish();
    }
  }

  #relayed({ from, news }: Extract<HubMessage, { type: "relayed" }>): void {
    switch (news.type) {
      case "rows":
        if (this.room.kind !== "public") this.#activeMs = this.self.clock.monotonic();
        for (const row of news.rows) this.#delivery.accept(row, false);
        return;
      case "marked":
        return this.#marks.heard(news.user, news.seq, news.unseen);
      case "people":
        return this.#roster.crowd.heard(from, news.map);
      case "typing":
        return this.#typing.tell(news.user);
    }
  }

  #applied(row: LogRow): void {
    this.#joins.heard(row);
    this.#roster.apply(row);
    this.#catchingUp.came(row.seq);
  }

  #join(message: JoinMessage): void {
    if (this.#catchingUp.defers(message)) return;
    if (this.#finishing && !message.again) {
      return refuse(message.session, message.re, "unavailable", "the server stops");
    }
    this.#joins.ask(message);
  }

  /** True: it waits, and comes again. */
  #defers(message: Extract<HubMessage, { type: "command" | "leave" }>): boolean {
    return this.#catchingUp.defers(message) || this.#joins.arrivals.defers(message);
  }

  #released(): readonly HubMessage[] {
    const decided = this.#joins.arrivals.released();
    return this.#catchingUp.any ? [...decided, ...this.#catchingUp.released()] : decided;
  }

  #flush(): void {
    this.#delivery.flush();
    this.#joins.putOut(this.#roster.takePutOut());
  }

  #idleLater(): void {
    this.#cancelIdle();
    this.#cancelIdle = this.self.clock.after(this.options.idleMs, () => {
      void this.self.ref.tellWhenFits({ type: "idle" });
    });
  }

  #mayEnd(): boolean {
    if (this.underWay.count > 0 || this.self.inbox.depth > 0) return false;
    if (this.#joins.arrivals.any || this.#catchingUp.any) return false;
    // Over: whoever is called so by now has another conversation.
    if (this.#finishing || this.#roster.dissolved || this.#submissions.over) return true;
    const idleMs = this.self.clock.monotonic() - this.#activeMs;
    return idleMs >= this.options.idleMs && !this.#roster.needed && !this.#delivery.gap;
  }
}
