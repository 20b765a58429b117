import type { MemberEntry } from "../protocol/events.ts";
import { NAMES_LISTED_MAX } from "../protocol/limits.ts";
import type { LogRow, Member, Room, Store, UserId, UserRef } from "../store/store.ts";
import { type Self, tellWhenFits } from "./actor.ts";
import type { Audience, Person, Place } from "./audience.ts";
import { shownRows } from "./delivery.ts";
import { Arrivals, type MemberRow } from "./arrivals.ts";
import { Crowd, type Kept } from "./crowd.ts";
import type { HubOptions } from "./hub_options.ts";
import type { HubMessage, JoinMessage } from "./hub_messages.ts";
import { beginning } from "./involvement.ts";
import { refuseOutsider } from "./outsiders.ts";
import { asRefusal, refuse, reply, replyError } from "./replies.ts";
import { standingAfter, UNKNOWN } from "./rights.ts";
import type { CommandId } from "../protocol/commands.ts";
import { type Session, show } from "./session.ts";

/**
 * Who is in the room and who belongs to it. In a public room people are there while a session of
 * theirs is; in a group or direct room they belong to it, there or not, and every session of
 * theirs is attached, asked for or not.
 */
export class Roster {
  #dissolved: boolean;
  /** What the room shows of itself; the log changes it. */
  #card: Pick<Room, "title" | "topic" | "icon">;
  /** Users of a group or direct room who are online, or were until their grace ended. */
  readonly #online = new Set<UserId>();
  /** Places of those who were put out: they leave after they have been told so. */
  #left: Place[] = [];
  /** The events by which members were added while this hub runs: their sessions begin there. */
  readonly #invited = new Map<UserId, number>();
  /** Joins that are not decided yet. */
  readonly arrivals: Arrivals;
  /** Who is there, in a public room. */
  readonly crowd: Crowd;

  constructor(
    readonly self: Self<HubMessage>,
    readonly options: HubOptions,
    readonly room: Room,
    readonly audience: Audience,
    members: readonly Member[],
    /** Sends the turn's events so far. */
    readonly flush: () => void,
    kept?: Kept,
  ) {
    this.#card = room;
    this.#dissolved = room.dissolvedAt !== undefined;
    this.arrivals = new Arrivals(audience);
    this.crowd = new Crowd(self, options, audience, this.#lasting ? undefined : kept);
    for (const { user, role, mutedUntil, read } of members) {
      const standing = { role, mutedUntil, read, banned: false };
      audience.people.set(user.id, { user, places: new Set(), standing });
    }
    if (members.length > 0) this.#watch(members.map((member) => member.user.id));
  }

  get #lasting(): boolean {
    return this.room.kind !== "public";
  }

  get dissolved(): boolean {
    return this.#dissolved;
  }

  /** Whether any session has asked for this room. */
  get needed(): boolean {
    if (this.arrivals.any) return true;
    if (!this.#lasting) return this.audience.size > 0;
    for (const place of this.audience.places()) if (place.joined) return true;
    return false;
  }

  get count(): number {
    return this.#lasting ? this.audience.people.size : this.crowd.count;
  }

  /** Whether the user is in this room or, where people belong to it, does. */
  isIn(user: UserId): boolean {
    const person = this.audience.people.get(user);
    return person !== undefined && (!this.#lasting || person.standing.role !== undefined);
  }

  isOnline(user: UserId): boolean {
    return this.#online.has(user) || (this.audience.people.get(user)?.places.size ?? 0) > 0;
  }

  entries(limit: number): MemberEntry[] {
    const entries: MemberEntry[] = [];
    for (const { user, standing } of this.audience.people.values()) {
      if (entries.length === limit) break;
      entries.push({
        name: user.name,
        role: standing.role ?? "member",
        online: this.isOnline(user.id),
      });
    }
    for (const { name, role = "member" } of this.crowd.elsewhere()) {
      if (entries.length === limit) break;
      entries.push({ name, role, online: true });
    }
    return entries;
  }

  /**
   * Takes a join in. Answers the place whose missed events are to be read; undefined when there is
   * nothing to read: the join was refused, or the session has been sent all it asks for.
   */
  ask(join: JoinMessage, delivered: number): Place | undefined {
    const { session, re, since } = join;
    if (this.#lasting && !this.isIn(session.user.id)) {
      if (join.again) return undefined;
      const { store } = this.options;
      refuseOutsider(store, this.room.id, session, re, "you are not a member of this room");
      return undefined;
    }
    let place = this.audience.place(session);
    const underWay = place && this.arrivals.undecided(place)?.[0];
    const replaced = underWay?.again === "attached" && !join.again;
    if (place && underWay && !replaced) {
      refuse(session, re, "conflict", `${this.room.name} is being joined already`);
      return undefined;
    }
    if (place && replaced) {
      // The hub's own, for what a welcome lacked: the client asks for the same, and more.
      this.arrivals.decided(place);
    } else if (!place) {
      const person = this.audience.people.get(session.user.id);
      place = this.audience.add(
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

  admitted(message: Extract<HubMessage, { type: "admitted" }>): void {
    const { place, join, rows, standing, upTo } = message;
    const asked = this.arrivals.decided(place, join);
    if (!asked) return;
    if (standing.banned) {
      this.#leave(place);
      return refuse(join.session, join.re, "banned", "you are banned from this room");
    }
    const { person, session } = place;
    const missed = shownRows(rows, session.view, this.audience.roomName(session.user.id));
    const first = rows[0]?.seq;
    const cut = join.since !== undefined && first !== undefined && first > join.since + 1;
    if (cut && join.again) return this.#comeBack(place);
    const known = this.#lasting || [...person.places].some((other) => other.joined);
    if (!known) {
      person.standing = asked.news.reduce(
        (standing, row) => standingAfter(standing, session.user.id, row),
        standing,
      );
      this.crowd.came(session.user, person.standing.role, join.again !== undefined);
    }
    place.joined = join.again !== "attached";
    if (!join.again) this.#welcome(place, join, upTo, cut ? first : undefined);
    if (missed !== undefined) session.out.say(missed);
    const held = place.held ?? [];
    place.held = undefined;
    for (const frame of held) session.out.send(frame);
    if (!this.#lasting && !session.user.guest && !person.standing.role) this.enroll(person);
  }

  notAdmitted(message: Extract<HubMessage, { type: "not_admitted" }>): void {
    const { place, join, error } = message;
    if (!this.arrivals.decided(place, join)) return;
    if (join.again) return this.#comeBack(place);
    const held = place.held ?? [];
    place.held = undefined;
    if (place.joined || this.#lasting) { for (const frame of held) place.session.out.send(frame); }
    else this.#leave(place);
    replyError(join.session, join.re, asRefusal(error));
  }

  /** Makes the room one of the user's lasting conversations. */
  enroll(person: Person): void {
    person.standing = { ...person.standing, role: "member" };
    const at = this.self.clock.now();
    // It is tried again when the user next joins or writes.
    const failed = () => {
      const { role: _, ...standing } = person.standing;
      person.standing = standing;
    };
    const run = (store: Store) => store.enroll(this.room.id, person.user, at);
    if (!this.options.archive.tell({ type: "write", run, failed })) failed();
  }

  gone(session: Session): void {
    const place = this.audience.place(session);
    if (place) this.#leave(place);
  }

  /** Adds those who belonged to it before the log goes on, and hears when all have been told of. */
  expect(users: readonly UserRef[]): void {
    const { people } = this.audience;
    for (const user of users) {
      // The log says why they do not any more.
      if (!people.has(user.id)) people.set(user.id, { user, places: new Set(), standing: UNKNOWN });
    }
    const ids = users.map(({ id }) => id);
    void tellWhenFits(this.options.switchboard, {
      type: "watch",
      hub: this.self.ref,
      users: ids,
      answer: true,
    });
  }

  /** Users of a group or direct room that goes on. */
  belonging(): Iterable<UserId> {
    return this.#dissolved ? [] : this.audience.people.keys();
  }

  /** The event up to which it knows how this room is; undefined: as far as the room goes. */
  knownTo(
    { session, heads, there }: Extract<HubMessage, { type: "attached" }>,
  ): number | undefined {
    const listed = heads?.get(this.room.id);
    if (listed !== undefined || !(heads || there)) return listed;
    const invited = this.#invited.get(session.user.id);
    if (invited !== undefined) return invited - 1;
    // It was a member before this hub began, which its welcome did not say yet.
    const person = this.audience.people.get(session.user.id);
    return heads && person && beginning({ kind: this.room.kind, read: person.standing.read });
  }

  attached({ session }: Extract<HubMessage, { type: "attached" }>, delivered: number): void {
    const person = this.audience.people.get(session.user.id);
    if (person && !this.audience.place(session)) this.audience.add(session, person, delivered);
  }

  presence(user: UserId, online: boolean): void {
    if (online) this.#online.add(user);
    else this.#online.delete(user);
  }

  /** A read mark was set here. */
  marked(session: Session, re: CommandId, seq: number): void {
    const me = session.user;
    reply(session, re, { type: "ok", room: this.audience.roomName(me.id), seq });
    this.tellMark(me, seq, session);
    const { relay } = this.options;
    relay?.tell({ type: "publish", room: this.room.id, news: { type: "marked", user: me, seq } });
  }

  /** Tells who shall know how far somebody has read: the user's other devices, in a group all. */
  tellMark(user: UserRef, seq: number, except?: Session): void {
    const person = this.audience.people.get(user.id);
    // The mark of another node may come late, or twice.
    if (!except && (!person || seq <= person.standing.read)) return;
    if (person) person.standing = { ...person.standing, read: seq };
    if (this.#lasting) {
      return this.audience.broadcast(
        (view, room) => show({ type: "read", room, from: user.name, seq }, view),
        (place) => place.session !== except,
      );
    }
    const room = this.audience.roomName(user.id);
    for (const { session } of person?.places ?? []) {
      const shown = show({ type: "read", room, from: user.name, seq }, session.view);
      if (session !== except && shown !== undefined) session.out.say(shown);
    }
  }

  /** Keeps up with what the log says of the room and its people. */
  apply(row: LogRow): void {
    if (row.type === "member") return this.#applyMember(row);
    if (row.type !== "room") return;
    this.#card = { ...this.#card, ...cardOf(row) };
    if (!row.dissolved) return;
    this.#dissolved = true;
    this.#left.push(...this.audience.places());
    this.flush();
    void tellWhenFits(this.options.switchboard, { type: "dissolved", room: this.room });
  }

  /** After the turn's events were sent: those who were put out are not here any more. */
  removeLeft(): void {
    if (this.#left.length === 0) return;
    const left = this.#left;
    this.#left = [];
    for (const place of left) {
      if (this.audience.place(place.session) !== place) continue;
      // What it was to be sent first is still being read: it has not been told so.
      if (this.arrivals.undecided(place)?.[0].again) this.#comeBack(place);
      else this.#leave(place);
    }
  }

  stop(): void {
    this.crowd.stop();
    this.#unwatch();
  }

  #welcome(place: Place, join: JoinMessage, seq: number, first: number | undefined): void {
    const { person, session } = place;
    const { title, topic, icon } = this.#card;
    const role = person.standing.role;
    reply(session, join.re, {
      type: "joined",
      room: this.audience.roomName(session.user.id),
      kind: this.room.kind,
      seq,
      read: person.standing.read,
      count: this.count,
      members: this.entries(NAMES_LISTED_MAX),
      ...(title === undefined ? undefined : { title }),
      ...(topic === undefined ? undefined : { topic }),
      ...(icon === undefined ? undefined : { icon }),
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
    const { person, session } = place;
    const asked = this.arrivals.decided(place);
    if (asked && !asked.join.again) {
      const code = this.#dissolved ? "no_such_room" : "not_member";
      refuse(session, asked.join.re, code, "this ended before you were in");
    }
    this.audience.remove(place);
    if (this.#lasting) return;
    if ([...person.places].some((other) => other.joined)) return;
    if (person.places.size === 0) this.audience.people.delete(person.user.id);
    if (place.joined) this.crowd.went(person.user);
  }

  #applyMember(row: MemberRow): void {
    this.arrivals.heard(row);
    const person = this.audience.people.get(row.userId);
    switch (row.change) {
      case "joined":
      case "invited": {
        const user = { id: row.userId, name: row.user, guest: false };
        const { role = "member", untilMs: mutedUntil = 0 } = row;
        const standing = { ...UNKNOWN, role, mutedUntil };
        if (person) {
          // Read with the members: the log is behind that.
          person.standing = { ...person.standing, role, mutedUntil };
          return;
        }
        this.audience.people.set(row.userId, { user, places: new Set(), standing });
        this.#invited.set(row.userId, row.seq);
        return this.#watch([row.userId]);
      }
      case "left":
      case "kicked":
      case "banned":
        this.#online.delete(row.userId);
        this.#invited.delete(row.userId);
        if (!person) return;
        this.#left.push(...person.places);
        if (this.#lasting) this.audience.people.delete(row.userId);
        this.flush();
        return this.#unwatch(row.userId);
      case "muted":
      case "unmuted":
        if (person) person.standing = standingAfter(person.standing, row.userId, row);
        return;
      case "role":
        for (const each of this.audience.people.values()) {
          each.standing = standingAfter(each.standing, each.user.id, row);
          this.crowd.roleChanged(each.user, each.standing.role);
        }
        return;
      case "unbanned":
        return;
    }
  }

  #watch(users: readonly UserId[]): void {
    if (this.#lasting) {
      void tellWhenFits(this.options.switchboard, { type: "watch", hub: this.self.ref, users });
    }
  }

  #unwatch(user?: UserId): void {
    if (this.#lasting) {
      void tellWhenFits(this.options.switchboard, { type: "unwatch", hub: this.self.ref, user });
    }
  }
}

function cardOf(row: Extract<LogRow, { type: "room" }>): Pick<Room, "title" | "topic" | "icon"> {
  const { title, topic, icon } = row;
  return {
    ...(title === undefined ? undefined : { title }),
    ...(topic === undefined ? undefined : { topic }),
    ...(icon === undefined ? undefined : { icon }),
  };
}
