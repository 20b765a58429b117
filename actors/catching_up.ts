import { Refusal } from "../protocol/errors.ts";
import type { Room } from "../store/store.ts";
import type { Self } from "./actor.ts";
import { type Audience, hold, letGo } from "./audience.ts";
import type { Delivery } from "./delivery.ts";
import type { HubOptions } from "./hub_options.ts";
import type { HubMessage } from "./hub_messages.ts";
import { asRefusal, replyError } from "./replies.ts";
import type { Joins } from "./joins.ts";
import type { Session } from "./session.ts";

/** Most messages that wait for a hub to catch up. */
const WAITING_MAX = 4_096;
const CROWDED = new Refusal("busy", "too much waits for this room to catch up");

/** What a session says, or is said of it. */
export type OfSession = Extract<HubMessage, { type: "join" | "command" | "leave" | "attached" }>;

interface Waiting {
  readonly message: OfSession;
  /** From this seq on it is handled; undefined: that is not known yet. */
  seq: number | undefined;
}

export interface CatchingUpParts {
  readonly self: Self<HubMessage>;
  readonly options: HubOptions;
  readonly room: Room;
  readonly audience: Audience;
  readonly joins: Joins;
  readonly delivery: Delivery;
  /** Sends the turn's events so far. */
  flush(): void;
}

/**
 * What cannot be handled before this hub has what was written on other nodes: a client may have
 * seen it there, or may have been made a member there. Meanwhile it is sent nothing that it has
 * seen, and what it says behind that waits, too.
 */
export class CatchingUp {
  #waiting: Waiting[] = [];
  /** These have waited and are handled now, whatever came of it. */
  readonly #served = new WeakSet<HubMessage>();

  constructor(readonly parts: CatchingUpParts) {}

  get any(): boolean {
    return this.#waiting.length > 0;
  }

  /** True: it waits. A single node is never behind. */
  defers(message: OfSession): boolean {
    const { options, audience, room, delivery } = this.parts;
    if (!options.relay) return false;
    const { session } = message;
    if (this.any && this.#waiting.some((each) => each.message.session === session)) {
      // Who waits to be there already is told of twice.
      if (message.type !== "attached" || !this.#awaits(session)) this.#add(message, 0);
      return true;
    }
    if (this.#served.has(message)) {
      this.#resume(session);
      return false;
    }
    const seen = seenBy(message, room);
    const stranger = room.kind !== "public" && !audience.people.has(session.user.id) &&
      message.type !== "attached" && !isAgain(message);
    if (seen <= delivery.delivered && !stranger) return false;
    this.#served.add(message);
    if (message.type === "attached") {
      // Its number is from the store itself.
      this.#add(message, seen);
      delivery.knows(seen);
    } else if (this.#add(message, undefined)) this.#ask(message, seen, stranger);
    return true;
  }

  /** Now it is known how far the log must come for it, and how far it goes. */
  awaited({ message, seq, head }: Extract<HubMessage, { type: "awaited" }>): void {
    for (const each of this.#waiting) if (each.message === message) each.seq = seq;
    this.parts.delivery.knows(head);
  }

  /** It cannot be known how far the log goes, or what is missing cannot be read. */
  fail(error: unknown, session?: Session): void {
    const waiting = this.#waiting;
    // Whoever was only attached asked for nothing and goes on waiting.
    this.#waiting = waiting.filter(({ message }) =>
      (session && message.session !== session) || message.type === "attached"
    );
    for (const each of waiting) {
      if (!this.#waiting.includes(each)) this.#turnAway(each.message, error);
    }
  }

  /**
   * The log has come to `seq`. Who is only attached is there from its very event on: the next may be
   * that it is put out.
   */
  came(seq: number): void {
    if (!this.any) return;
    const { joins, flush } = this.parts;
    for (const each of [...this.#waiting]) {
      const { message } = each;
      if (message.type !== "attached" || each.seq !== seq) continue;
      this.#waiting.splice(this.#waiting.indexOf(each), 1);
      flush();
      joins.attachFrom(message.session, seq);
    }
  }

  /** The session has ended: nothing of it is handled any more. */
  gone(session: Session): void {
    if (this.any) {
      this.#waiting = this.#waiting.filter(({ message }) => message.session !== session);
    }
  }

  /** What is handled now that the log has come so far; each session's in its order. */
  released(): OfSession[] {
    if (!this.any) return [];
    const { delivered } = this.parts.delivery;
    const blocked = new Set<Session>();
    const released: OfSession[] = [];
    this.#waiting = this.#waiting.filter(({ message, seq }) => {
      const { session } = message;
      if (!blocked.has(session) && seq !== undefined && seq <= delivered) {
        released.push(message);
        return false;
      }
      blocked.add(session);
      return true;
    });
    return released;
  }

  /** Everything that waits, for a hub that ends or starts anew. */
  take(): OfSession[] {
    return this.#waiting.splice(0).map(({ message }) => message);
  }

  #awaits(session: Session): boolean {
    return this.#waiting.some(({ message }) =>
      message.type === "attached" && message.session === session
    );
  }

  #add(message: OfSession, seq: number | undefined): boolean {
    const fits = this.#waiting.length < WAITING_MAX;
    if (fits) this.#waiting.push({ message, seq });
    else this.#turnAway(message, CROWDED);
    return fits;
  }

  #ask(message: OfSession, seen: number, stranger: boolean): void {
    const { self, audience } = this.parts;
    const place = audience.place(message.session);
    if (place && !place.joined && !place.held) hold(place);
    this.#heads(message, seen, stranger).then(
      (heads) => self.ref.tellWhenFits({ type: "awaited", message, ...heads }),
      (error) => self.ref.tellWhenFits({ type: "not_awaited", message, error }),
    );
  }

  async #heads(message: OfSession, seen: number, stranger: boolean) {
    const { options: { store }, room } = this.parts;
    if (stranger && !(await store.standing(room.id, message.session.user.id)).role) {
      return { seq: 0, head: 0 };
    }
    const head = (await store.heads([room.id])).get(room.id) ?? 0;
    // A client may say anything: what is not there is not waited for.
    return { seq: stranger ? head : Math.min(seen, head), head };
  }

  /** What was held back it has seen, or gets now with its join. */
  #resume(session: Session): void {
    const { audience, joins, delivery, flush } = this.parts;
    const place = audience.place(session);
    if (!place?.held || joins.arrivals.undecided(place)) return;
    flush();
    letGo(place);
    place.from = delivery.delivered;
  }

  #turnAway(message: OfSession, error: unknown): void {
    const { session } = message;
    if (message.type === "attached" || isAgain(message)) return session.out.overflow();
    const { audience, joins } = this.parts;
    const place = audience.place(session);
    if (place?.held && !joins.arrivals.undecided(place)) {
      for (const frame of letGo(place)) session.out.send(frame);
    }
    replyError(
      session,
      message.type === "command" ? message.command.id : message.re,
      asRefusal(error),
    );
  }
}

function isAgain(message: OfSession): boolean {
  return message.type === "join" && message.again !== undefined;
}

/** The last event of this room that the client has, as far as it or its welcome says. */
function seenBy(message: OfSession, { id }: Room): number {
  if (message.type === "join") return message.since ?? 0;
  return message.type === "attached" ? message.heads?.get(id) ?? 0 : 0;
}
