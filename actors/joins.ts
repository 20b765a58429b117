import { Refusal } from "../protocol/errors.ts";
import { NAMES_LISTED_MAX } from "../protocol/limits.ts";
import type { LogRow, Room } from "../store/store.ts";
import type { Self } from "./actor.ts";
import { admissionOf, rowsOf } from "./admission.ts";
import { Arrivals } from "./arrivals.ts";
import { type Audience, letGo, type Place } from "./audience.ts";
import { type Delivery, shownPieces } from "./delivery.ts";
import type { HubMessage, JoinMessage } from "./hub_messages.ts";
import type { HubOptions } from "./hub_options.ts";
import { refuseOutsider } from "./outsiders.ts";
import { asRefusal, refuse, reply, replyError } from "./replies.ts";
import { beginning, standingAfter, UNKNOWN } from "./rights.ts";
import type { Roster } from "./roster.ts";
import type { Session } from "./session.ts";

type NotAdmitted = Omit<Extract<HubMessage, { type: "not_admitted" }>, "type">;
type Attached = Extract<HubMessage, { type: "attached" }>;

export interface JoinsParts {
  readonly self: Self<HubMessage>;
  readonly options: HubOptions;
  readonly room: Room;
  readonly audience: Audience;
  readonly roster: Roster;
  readonly delivery: Delivery;
  /** Sends the turn's events so far. */
  flush(): void;
}

/**
 * How sessions come into the room, and leave it. What a join needs is read from the store, and what
 * happens meanwhile is held for it: once it is decided, its place is live and there is no gap. Long
 * because every step in the life of a place, from the first to the last, is here.
 */
export class Joins {
  /** Joins that are not decided yet. */
  readonly arrivals: Arrivals;

  constructor(readonly parts: JoinsParts) {
    this.arrivals = new Arrivals(parts.audience);
  }

  get #lasting(): boolean {
    return this.parts.room.kind !== "public";
  }

  /** Reads what the join needs, unless it can be answered at once. */
  ask(join: JoinMessage): void {
    const { self, options, room, roster, delivery, flush } = this.parts;
    if (!join.again && roster.dissolved) {
      return refuse(join.session, join.re, "no_such_room", "that room has ended");
    }
    // What the turn has gathered is for those who were here; the newcomer reads it from the store.
    flush();
    const upTo = delivery.delivered;
    const place = this.#placeFor(join, upTo);
    if (!place) return;
    const read = () => {
      this.arrivals.reads(place, join);
      return admissionOf(options, room, join, upTo);
    };
    join.session.out.inTurn(rowsOf(options, join, upTo), read).then(
      (found) => self.ref.tellWhenFits({ type: "admitted", place, join, upTo, ...found }),
      (error) => self.ref.tellWhenFits({ type: "not_admitted", place, join, error }),
    );
  }

  admitted(message: Extract<HubMessage, { type: "admitted" }>): void {
    const { place, join, rows, standing, upTo } = message;
    const asked = this.arrivals.decided(place, join);
    if (!asked) return;
    if (standing.banned) {
      this.#leave(place);
      return refuse(join.session, join.re, "banned", "you are banned from this room");
    }
    const { audience, roster } = this.parts;
    const { person, session } = place;
    const first = rows[0]?.seq;
    const cut = join.since !== undefined && first !== undefined && first > join.since + 1;
    if (cut && join.again) return this.#comeBack(place);
    const known = this.#lasting || [...person.places].some((other) => other.joined);
    if (!known) {
      const heard = asked.news.reduce(
        (standing, row) => standingAfter(standing, session.user.id, row),
        standing,
      );
      // A newcomer to a public room begins with nothing unread, enrolled or not.
      person.standing = heard.role ? heard : { ...heard, read: upTo };
      roster.crowd.came(session.user, person.standing.role, join.again !== undefined);
    }
    place.joined = join.again !== "attached";
    if (!join.again) this.#welcome(place, join, upTo, cut ? first : undefined);
    // For who does not read, rows wait here, and little of them as text.
    session.out.sayLong(shownPieces(rows, session.view, audience.roomName(session.user.id)));
    if (join.since !== undefined) {
      place.from = Math.min(place.from, cut ? first - 1 : join.since);
    }
    sendHeld(place);
    if (!session.user.guest) roster.enroll(session.user.id);
  }

  notAdmitted({ place, join, error }: NotAdmitted): void {
    if (!this.arrivals.decided(place, join)) return;
    if (join.again) return this.#comeBack(place);
    if (place.joined || this.#lasting) sendHeld(place);
    else this.#leave(place);
    replyError(join.session, join.re, asRefusal(error));
  }

  /** The server stops: who does not take what it was sent before is not waited for. */
  finish(): void {
    const error = new Refusal("unavailable", "the server stops");
    for (const [place, join] of this.arrivals.waiting()) this.notAdmitted({ place, join, error });
  }

  /** A session of somebody who belongs here is there, if need be after what it lacks. */
  attach(message: Attached): void {
    const { audience, delivery, flush } = this.parts;
    const { session } = message;
    if (audience.place(session)) return;
    flush();
    const { delivered } = delivery;
    const since = this.#knownTo(message);
    if (since === undefined || since >= delivered) return this.attachFrom(session, delivered);
    this.ask({ type: "join", session, since, re: undefined, again: "attached" });
  }

  /** The session has been sent everything up to `seq`. */
  attachFrom(session: Session, seq: number): void {
    const { audience } = this.parts;
    const person = audience.people.get(session.user.id);
    if (person && !audience.place(session)) audience.add(session, person, seq);
  }

  /** What the log says of people is newer than what is being read of them. */
  heard(row: LogRow): void {
    if (row.type === "member") this.arrivals.heard(row);
  }

  gone(session: Session): void {
    const place = this.parts.audience.place(session);
    if (place) this.#leave(place);
  }

  /** They have been told that they were put out. */
  putOut(places: readonly Place[]): void {
    for (const place of places) {
      if (this.parts.audience.place(place.session) !== place) continue;
      // What it was to be sent first is still being read: it has not been told so.
      if (this.arrivals.undecided(place)?.[0].again) this.#comeBack(place);
      else this.#leave(place);
    }
  }

  /**
   * The place whose missed events are to be read; undefined when there is nothing to read: the join
   * was refused, or the session has been sent all it asks for.
   */
  #placeFor(join: JoinMessage, delivered: number): Place | undefined {
    const { options, room, audience, roster } = this.parts;
    const { session, re, since } = join;
    if (this.#lasting && !roster.isIn(session.user.id)) {
      if (join.again) return undefined;
      refuseOutsider(options.store, room.id, session, re, "you are not a member of this room");
      return undefined;
    }
    let place = audience.place(session);
    const underWay = place && this.arrivals.undecided(place)?.[0];
    const replaced = underWay?.again === "attached" && !join.again;
    if (place && underWay && !replaced) {
      refuse(session, re, "conflict", `${room.name} is being joined already`);
      return undefined;
    }
    if (place && replaced) {
      // The hub's own, for what a welcome lacked: the client asks for the same, and more.
      this.arrivals.decided(place);
    } else if (!place) {
      const person = audience.people.get(session.user.id);
      place = audience.add(
        session,
        person ?? { user: session.user, places: new Set(), standing: UNKNOWN },
        delivered,
      );
    } else if (since !== undefined && since >= place.from) {
      // All after `since` has been sent on this connection: nothing is sent twice.
      place.joined = true;
      this.#welcome(place, join, delivered, undefined);
      return undefined;
    }
    this.arrivals.begin(place, join);
    return place;
  }

  /** The event up to which it knows how this room is; undefined: as far as the room goes. */
  #knownTo({ session, heads, there }: Attached): number | undefined {
    const { room, audience, roster } = this.parts;
    const listed = heads?.get(room.id);
    if (listed !== undefined || !(heads || there)) return listed;
    const invited = roster.invitedAt(session.user.id);
    if (invited !== undefined) return invited - 1;
    // It was a member before this hub began, which its welcome did not say yet.
    const person = audience.people.get(session.user.id);
    return heads && person && beginning({ kind: room.kind, read: person.standing.read });
  }

  #welcome(place: Place, join: JoinMessage, seq: number, first: number | undefined): void {
    const { room, audience, roster } = this.parts;
    const { person: { standing: { read, role } }, session } = place;
    reply(session, join.re, {
      type: "joined",
      room: audience.roomName(session.user.id),
      kind: room.kind,
      seq,
      read,
      count: roster.count,
      members: roster.entries(NAMES_LISTED_MAX),
      ...roster.card,
      ...(role === undefined ? undefined : { role }),
      ...(first === undefined ? undefined : { first }),
    });
  }

  /** It was here before the hub failed and would lack something: its client comes back by itself. */
  #comeBack(place: Place): void {
    place.session.out.overflow();
    this.#leave(place);
  }

  #leave(place: Place): void {
    const { audience, roster } = this.parts;
    const { person } = place;
    const asked = this.arrivals.decided(place);
    if (asked && !asked.join.again) {
      const code = roster.dissolved ? "no_such_room" : "not_member";
      refuse(place.session, asked.join.re, code, "this ended before you were in");
    }
    audience.remove(place);
    if (this.#lasting) return;
    if ([...person.places].some((other) => other.joined)) return;
    if (person.places.size === 0) audience.people.delete(person.user.id);
    if (place.joined) roster.crowd.went(person.user);
  }
}

/** What happened while its missed events were read; the place is live from here on. */
function sendHeld(place: Place): void {
  for (const frame of letGo(place)) place.session.out.send(frame);
}
