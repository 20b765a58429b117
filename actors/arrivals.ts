import type { LogRow } from "../store/store.ts";
import { type Audience, hold, type Place } from "./audience.ts";
import type { Deferred, JoinMessage } from "./hub_messages.ts";
import { refuse } from "./replies.ts";

export type MemberRow = Extract<LogRow, { type: "member" }>;

/** Most that a session may say behind a join that is not decided yet. */
const DEFERRED_MAX = 256;

/** A join whose missed events are being read. */
export interface Asked {
  readonly join: JoinMessage;
  /** What its session said since. */
  readonly deferred: Deferred[];
  /** What the log said of people since: newer than what is being read of them. */
  readonly news: MemberRow[];
  /** Its missed events are being read; until then it waits for room on its connection. */
  isRead: boolean;
}

/** Joins that are not decided yet, and what waits for them. */
export class Arrivals {
  readonly #asked = new Map<Place, Asked>();
  #released: Deferred[] = [];

  constructor(readonly audience: Audience) {}

  get any(): boolean {
    return this.#asked.size > 0;
  }

  begin(place: Place, join: JoinMessage): void {
    hold(place);
    this.#asked.set(place, { join, deferred: [], news: [], isRead: false });
  }

  /** Its missed events are being read from now on. */
  reads(place: Place, join: JoinMessage): void {
    const asked = this.#asked.get(place);
    if (asked?.join === join) asked.isRead = true;
  }

  /** Those who wait for room on their connection. */
  waiting(): readonly (readonly [Place, JoinMessage])[] {
    return [...this.#asked].flatMap(([place, { join, isRead }]) => isRead ? [] : [[place, join]]);
  }

  /** The join is not under way any more. Undefined: it was not. */
  decided(place: Place, join?: JoinMessage): Asked | undefined {
    const asked = this.#asked.get(place);
    if (!asked || (join && asked.join !== join)) return undefined;
    this.#asked.delete(place);
    this.#released.push(...asked.deferred);
    return asked;
  }

  /** The join of this place that is not decided yet, and what its session said since. */
  undecided(place: Place): readonly [JoinMessage, ...Deferred[]] | undefined {
    const asked = this.#asked.get(place);
    return asked && [asked.join, ...asked.deferred];
  }

  /**
   * True when this has to wait: what a newcomer may do in a public room is known only when its join
   * is decided.
   */
  defers(message: Deferred): boolean {
    const { session } = message;
    const place = this.audience.place(session);
    const asked = place && !place.joined && this.#asked.get(place);
    if (this.audience.room.kind !== "public" || !asked) return false;
    if (message.type === "command" && asked.deferred.length >= DEFERRED_MAX) {
      refuse(session, message.command.id, "busy", "your join is not decided yet");
    } else asked.deferred.push(message);
    return true;
  }

  /** What waited for joins that are decided now, to be handled next. */
  released(): readonly Deferred[] {
    const released = this.#released;
    if (released.length > 0) this.#released = [];
    return released;
  }

  /** What the log says of people, before what is being read of them comes. */
  heard(row: MemberRow): void {
    for (const asked of this.#asked.values()) asked.news.push(row);
  }
}
