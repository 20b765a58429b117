import { Refusal } from "../protocol/errors.ts";
import type { Member, Room, RoomId, Store } from "../store/store.ts";
import type { Behaviour, Ref, RestartPolicy, Self } from "./actor.ts";
import { admissionOf } from "./admission.ts";
import type { ArchiveMessage } from "./archive.ts";
import { Audience } from "./audience.ts";
import { Delivery } from "./delivery.ts";
import type { HubMessage, JoinMessage } from "./hub_messages.ts";
import { refuse, replyError } from "./replies.ts";
import { Roster } from "./roster.ts";
import { Submissions } from "./submissions.ts";
import type { SwitchboardMessage } from "./switchboard.ts";

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

export interface HubOptions {
  readonly room: RoomId;
  /** Read only: a hub writes through the archive. */
  readonly store: Store;
  readonly archive: Ref<ArchiveMessage>;
  readonly switchboard: Ref<SwitchboardMessage>;
  /** Events a join replays when it asks for nothing else. */
  readonly joinHistory: number;
  readonly idleMs: number;
}

/** Members of a group that a hub keeps in mind; a group cannot grow beyond it. */
export const GROUP_MEMBERS_MAX = 1_000;

/**
 * One per active room, the chat example's hub: it alone owns the room's members and serializes
 * join, leave and broadcast. Nothing in its loop waits for a peer, a disk or another actor; what
 * it needs comes back as a message. Restarted, it starts from the store, and the sessions it had
 * join again from the last event they were sent.
 */
export function hub(options: HubOptions): Behaviour<HubMessage> {
  return async (self) => {
    const room = await options.store.room(options.room);
    if (!room) throw new Error(`room ${options.room} is not in the store`);
    const members = room.kind === "public"
      ? []
      : await options.store.members(room.id, GROUP_MEMBERS_MAX);
    const loop = new Hub(self, options, room, members);
    try {
      await loop.run();
    } finally {
      loop.stop();
    }
  };
}

class Hub {
  readonly #audience: Audience;
  readonly #delivery: Delivery;
  readonly #roster: Roster;
  readonly #submissions: Submissions;
  #activeMs: number;
  #cancelIdle = () => {};
  #finishing = false;

  constructor(
    readonly self: Self<HubMessage>,
    readonly options: HubOptions,
    readonly room: Room,
    members: readonly Member[],
  ) {
    this.#audience = new Audience(room);
    this.#roster = new Roster(self, options, room, this.#audience, members, () => this.#flush());
    this.#delivery = new Delivery(
      this.#audience,
      room.seq,
      (row) => this.#roster.apply(row),
      (after, before) => this.#readGap(after, before),
    );
    this.#submissions = new Submissions(self, options, room, this.#roster, this.#delivery);
    this.#activeMs = self.clock.monotonic();
    this.#idleLater();
  }

  async run(): Promise<void> {
    const { inbox } = this.self;
    for await (const batch of inbox.batches()) {
      let at = 0;
      try {
        for (; at < batch.length; at++) this.#handle(batch[at] as HubMessage);
        this.#flush();
        this.#submissions.submit();
      } catch (error) {
        const failed = batch[at];
        if (failed?.type === "command") {
          replyError(failed.session, failed.command.id, new Refusal("internal", "the room failed"));
        }
        inbox.putBack([...this.#joinsAgain(), ...batch.slice(at + 1)]);
        throw error;
      }
      if (this.#mayEnd()) {
        // Nothing waits and nothing is under way, so nobody is owed an answer: what comes from
        // now on is told to another hub.
        inbox.close();
        return;
      }
    }
  }

  stop(): void {
    this.#cancelIdle();
    this.#roster.stop();
  }

  #handle(message: HubMessage): void {
    switch (message.type) {
      case "command":
        this.#activeMs = this.self.clock.monotonic();
        if (this.#finishing) {
          return refuse(message.session, message.command.id, "unavailable", "the server stops");
        }
        return this.#submissions.command(message);
      case "appended":
        return this.#submissions.appended(message);
      case "join":
        this.#activeMs = this.self.clock.monotonic();
        return this.#join(message);
      case "admitted":
        return this.#roster.admitted(message);
      case "not_admitted":
        return this.#roster.notAdmitted(message);
      case "leave":
        return this.#submissions.leave(message);
      case "gone":
        return this.#roster.gone(message.session);
      case "filled":
        return this.#delivery.filled(message.rows);
      case "marked":
        return this.#roster.marked(message);
      case "attached":
        this.#flush();
        return this.#roster.attached(message.session, this.#delivery.delivered);
      case "presence":
        return this.#roster.presence(message.user, message.online);
      case "gathered":
        return this.#roster.tellGathered();
      case "idle":
        return this.#idleLater();
      case "finish":
        this.#finishing = true;
        return;
    }
  }

  #join(message: JoinMessage): void {
    // What the turn has gathered is for those who were here; the newcomer reads it from the store.
    this.#flush();
    const place = this.#roster.ask(message, this.#delivery.delivered);
    if (!place) return;
    const upTo = this.#delivery.delivered;
    admissionOf(this.options, this.room, message, upTo).then(
      (found) => this.#tellSelf({ type: "admitted", place, join: message, upTo, ...found }),
      (error) => this.#tellSelf({ type: "not_admitted", place, join: message, error }),
    );
  }

  #flush(): void {
    this.#delivery.flush();
    this.#roster.removeLeft();
  }

  #readGap(after: number, before: number): void {
    this.options.store.since(this.room.id, after, before - 1, before - 1 - after).then(
      (rows) => this.#tellSelf({ type: "filled", rows }),
      // No rows: the delivery finds that nothing came and the hub starts again from the store.
      () => this.#tellSelf({ type: "filled", rows: [] }),
    );
  }

  /** The hub's own mailbox may be full: its news to itself waits, the loop does not. */
  async #tellSelf(message: HubMessage): Promise<void> {
    while (!this.self.ref.tell(message) && this.self.ref.alive) await this.self.ref.space();
  }

  #joinsAgain(): JoinMessage[] {
    const joins: JoinMessage[] = [];
    for (const place of this.#audience.places()) {
      const asked = this.#roster.askedBy(place);
      const since = this.#delivery.flushed;
      const again = place.joined ? "joined" : "attached";
      joins.push(
        asked ?? { type: "join", session: place.session, since, re: undefined, again },
      );
    }
    return joins;
  }

  #idleLater(): void {
    this.#cancelIdle();
    this.#cancelIdle = this.self.clock.after(this.options.idleMs, () => {
      this.self.ref.tell({ type: "idle" });
    });
  }

  #mayEnd(): boolean {
    if (this.#submissions.pending > 0 || this.self.inbox.depth > 0) return false;
    if (this.#finishing || this.#roster.dissolved) return true;
    const idleMs = this.self.clock.monotonic() - this.#activeMs;
    return !this.#roster.needed && idleMs >= this.options.idleMs;
  }
}
