import type { MemberEntry } from "../protocol/events.ts";
import { NAMES_LISTED_MAX } from "../protocol/limits.ts";
import { type LogRow, type Member, type Room, STRANGER, type UserId } from "../store/store.ts";
import type { Self } from "./actor.ts";
import type { Audience, Person, Place } from "./audience.ts";
import { shownRows } from "./delivery.ts";
import { Gathering } from "./gathering.ts";
import type { HubOptions } from "./hub.ts";
import type { HubMessage, JoinMessage } from "./hub_messages.ts";
import { asRefusal, refuse, reply, replyError } from "./replies.ts";
import { type Session, show } from "./session.ts";

type MemberRow = Extract<LogRow, { type: "member" }>;

/**
 * Who is in the room and who belongs to it. In a public room people are there while a session of
 * theirs is; in a group or direct room they belong to it, there or not, and every session of
 * theirs is attached, asked for or not.
 */
export class Roster {
  #dissolved = false;
  /** What the room shows of itself; the log changes it. */
  #card: Pick<Room, "title" | "topic" | "icon">;
  /** People who are there, in a public room. */
  #present = 0;
  /** Users of a group or direct room who are online, or were until their grace ended. */
  readonly #online = new Set<UserId>();
  /** Joins whose missed events are being read. */
  readonly #asked = new Map<Place, JoinMessage>();
  /** Places of those who were put out: they leave after they have been told so. */
  #left: Place[] = [];
  /** Members added while this hub runs: their sessions are told of it when they are attached. */
  readonly #invited = new Map<UserId, MemberRow>();
  readonly #gathering: Gathering;

  constructor(
    readonly self: Self<HubMessage>,
    readonly options: HubOptions,
    readonly room: Room,
    readonly audience: Audience,
    members: readonly Member[],
    /** Sends the turn's events so far. */
    readonly flush: () => void,
  ) {
    this.#card = room;
    this.#gathering = new Gathering(self.clock, () => self.ref.tell({ type: "gathered" }));
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
    if (this.#asked.size > 0) return true;
    if (!this.#lasting) return this.audience.size > 0;
    for (const place of this.audience.places()) if (place.joined) return true;
    return false;
  }

  get count(): number {
    return this.#lasting ? this.audience.people.size : this.#present;
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
    return entries;
  }

  askedBy(place: Place): JoinMessage | undefined {
    return this.#asked.get(place);
  }

  /**
   * Takes a join in. Answers the place whose missed events are to be read; undefined when there is
   * nothing to read: the join was refused, or the session has been sent all it asks for.
   */
  ask(join: JoinMessage, delivered: number): Place | undefined {
    const { session, re, since } = join;
    let place = this.audience.place(session);
    if (place && this.#asked.has(place)) {
      refuse(session, re, "conflict", `${this.room.name} is being joined already`);
      return undefined;
    }
    if (!place) {
      const person = this.audience.people.get(session.user.id);
      if (this.#lasting && !person) {
        refuse(session, re, "not_member", "you are not a member of this room");
        return undefined;
      }
      place = this.audience.add(
        session,
        person ?? { user: session.user, places: new Set(), standing: STRANGER },
        delivered,
      );
    } else if (since !== undefined && since >= place.from) {
      // All after `since` has been sent on this connection: nothing is sent twice.
      place.joined = true;
      this.#welcome(place, join, delivered, undefined);
      return undefined;
    }
    place.held = [];
    this.#asked.set(place, join);
    return place;
  }

  admitted(message: Extract<HubMessage, { type: "admitted" }>): void {
    const { place, join, rows, standing, upTo } = message;
    if (this.#asked.get(place) !== join) return;
    this.#asked.delete(place);
    if (standing.banned) {
      this.#leave(place);
      return refuse(join.session, join.re, "banned", "you are banned from this room");
    }
    const { person, session } = place;
    const known = this.#lasting || [...person.places].some((other) => other.joined);
    if (!known) {
      person.standing = standing;
      this.#present++;
      if (!join.again) this.#gathering.came(session.user);
    }
    place.joined = join.again !== "attached";
    const first = rows[0]?.seq;
    const cut = join.since !== undefined && first !== undefined && first > join.since + 1;
    if (!join.again) this.#welcome(place, join, upTo, cut ? first : undefined);
    const name = this.audience.roomName(session.user.id);
    const missed = shownRows(rows, session.view, name);
    if (missed !== undefined) session.out.say(missed);
    const held = place.held ?? [];
    place.held = undefined;
    for (const frame of held) session.out.send(frame);
    if (!this.#lasting && !session.user.guest && !person.standing.role) this.enroll(person);
  }

  notAdmitted(message: Extract<HubMessage, { type: "not_admitted" }>): void {
    const { place, join, error } = message;
    if (this.#asked.get(place) !== join) return;
    this.#asked.delete(place);
    if (join.again) {
      // It was here before the hub failed and would wait for ever: its client comes back by itself.
      place.session.out.overflow();
      return this.#leave(place);
    }
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
    this.options.archive.tell({
      type: "write",
      run: (store) => store.enroll(this.room.id, person.user, at),
      // It is tried again when the user next joins or writes.
      failed: () => {
        const { role: _, ...standing } = person.standing;
        person.standing = standing;
      },
    });
  }

  gone(session: Session): void {
    const place = this.audience.place(session);
    if (place) this.#leave(place);
  }

  attached(session: Session, delivered: number): void {
    const person = this.audience.people.get(session.user.id);
    if (!person || this.audience.place(session)) return;
    this.audience.add(session, person, delivered);
    const news = this.#invited.get(session.user.id);
    const shown = news && shownRows([news], session.view, this.room.name);
    if (shown !== undefined) session.out.say(shown);
  }

  presence(user: UserId, online: boolean): void {
    if (online) this.#online.add(user);
    else this.#online.delete(user);
  }

  marked(message: Extract<HubMessage, { type: "marked" }>): void {
    const { session, re, seq } = message;
    const room = this.audience.roomName(session.user.id);
    reply(session, re, { type: "ok", room, seq });
    const me = session.user;
    this.audience.broadcast(
      (view, room) => show({ type: "read", room, from: me.name, seq }, view),
      (place) => place.session !== session && (this.#lasting || place.session.user.id === me.id),
    );
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
    this.options.switchboard.tell({ type: "dissolved", room: this.room });
  }

  /** After the turn's events were sent: those who were put out are not here any more. */
  removeLeft(): void {
    if (this.#left.length === 0) return;
    const left = this.#left;
    this.#left = [];
    for (const place of left) if (this.audience.place(place.session) === place) this.#leave(place);
  }

  tellGathered(): void {
    const gathered = this.#gathering.take();
    if (!gathered) return;
    const count = this.count;
    for (const change of ["joined", "left"] as const) {
      const users = gathered[change];
      if (users.length === 0) continue;
      const names = users.map((user) => user.name);
      const only = users.length === 1 ? users[0]?.id : undefined;
      this.audience.broadcast(
        (view, room) =>
          show(
            change === "joined"
              ? { type: "joined", room, users: names, count }
              : { type: "left", room, users: names, count },
            view,
          ),
        // Nobody needs to be told that they came themselves.
        only === undefined ? undefined : (place) => place.session.user.id !== only,
      );
    }
    this.options.switchboard.tell({ type: "count", room: this.room.id, count });
  }

  stop(): void {
    this.#gathering.stop();
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

  #leave(place: Place): void {
    const { person } = place;
    this.#asked.delete(place);
    this.audience.remove(place);
    if (this.#lasting) return;
    if ([...person.places].some((other) => other.joined)) return;
    if (person.places.size === 0) this.audience.people.delete(person.user.id);
    if (place.joined) {
      this.#present--;
      this.#gathering.went(person.user);
    }
  }

  #applyMember(row: MemberRow): void {
    const person = this.audience.people.get(row.userId);
    switch (row.change) {
      case "joined":
      case "invited": {
        const user = { id: row.userId, name: row.user, guest: false };
        const standing = { ...STRANGER, role: row.role ?? "member" } as const;
        this.audience.people.set(row.userId, { user, places: new Set(), standing });
        this.#invited.set(row.userId, row);
        return this.#watch([row.userId]);
      }
      case "left":
      case "kicked":
      case "banned":
        if (!person) return;
        this.#left.push(...person.places);
        if (this.#lasting) this.audience.people.delete(row.userId);
        this.flush();
        return this.#unwatch(row.userId);
      case "muted":
      case "unmuted":
        if (person) person.standing = { ...person.standing, mutedUntil: row.untilMs ?? 0 };
        return;
      case "role":
        return this.#applyRole(row);
      case "unbanned":
        return;
    }
  }

  /** Handing the room over makes its former owner a moderator, in the same event. */
  #applyRole({ userId, role }: MemberRow): void {
    if (!role) return;
    for (const person of this.audience.people.values()) {
      const { standing } = person;
      if (person.user.id === userId) person.standing = { ...standing, role };
      else if (role === "owner" && standing.role === "owner") {
        person.standing = { ...standing, role: "moderator" };
      }
    }
  }

  #watch(users: readonly UserId[]): void {
    if (this.#lasting) {
      this.options.switchboard.tell({ type: "watch", hub: this.self.ref, users });
    }
  }

  #unwatch(user?: UserId): void {
    if (this.#lasting) {
      this.options.switchboard.tell({ type: "unwatch", hub: this.self.ref, user });
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
