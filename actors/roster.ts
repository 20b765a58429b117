import type { MemberEntry } from "../protocol/events.ts";
import type { LogRow, Room, Store, UserId } from "../store/store.ts";
import type { Self } from "./actor.ts";
import type { Audience, Place } from "./audience.ts";
import type { MemberRow } from "./arrivals.ts";
import { Crowd, type Kept } from "./crowd.ts";
import type { Opening } from "./hub_opening.ts";
import type { HubOptions } from "./hub_options.ts";
import type { HubMessage } from "./hub_messages.ts";
import { standingAfter, UNKNOWN } from "./rights.ts";

type Card = Pick<Room, "title" | "topic" | "icon">;

/**
 * Who is in the room and who belongs to it. In a public room people are there while a session of
 * theirs is; in a group or direct room they belong to it, there or not, and every session of
 * theirs is attached, asked for or not. Long because whatever the log can say of people and of the
 * room itself is kept up with here, and nowhere else.
 */
export class Roster {
  #dissolved: boolean;
  /** What the room shows of itself; the log changes it. */
  #card: Card;
  /** Users of a group or direct room who are online, or were until their grace ended. */
  readonly #online: Set<UserId>;
  /** Places of those who were put out, since these were last taken. */
  #putOut: Place[] = [];
  /** The events by which members were added while this hub runs: their sessions begin there. */
  readonly #invited = new Map<UserId, number>();
  /** Who is there, in a public room. */
  readonly crowd: Crowd;
  readonly room: Room;

  constructor(
    readonly self: Self<HubMessage>,
    readonly options: HubOptions,
    { room, members, former, online }: Opening,
    readonly audience: Audience,
    /** Sends the turn's events so far. */
    readonly flush: () => void,
    kept?: Kept,
  ) {
    this.room = room;
    this.#online = new Set(online);
    this.#card = cardOf(room);
    this.#dissolved = room.dissolvedAt !== undefined;
    this.crowd = new Crowd(self, options, audience, this.#lasting ? undefined : kept);
    for (const { user, role, mutedUntil, read } of members) {
      const standing = { role, mutedUntil, read, banned: false };
      audience.people.set(user.id, { user, places: new Set(), standing });
    }
    for (const user of former) {
      audience.people.set(user.id, { user, places: new Set(), standing: UNKNOWN });
    }
  }

  get #lasting(): boolean {
    return this.room.kind !== "public";
  }

  get card(): Card {
    return this.#card;
  }

  get dissolved(): boolean {
    return this.#dissolved;
  }

  /** Whether any session has asked for this room. */
  get needed(): boolean {
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

  /** Makes a public room one of the user's lasting conversations, unless it is already. */
  enroll(user: UserId): void {
    const person = this.audience.people.get(user);
    if (this.#lasting || !person || person.standing.role) return;
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

  /** The hub ends, and everybody here has been sent everything up to `seq`. */
  rest(seq: number): void {
    if (!this.#lasting) return;
    const users = this.#dissolved ? [] : [...this.audience.people.keys()];
    const { room, switchboard } = this.options;
    void switchboard.tellWhenFits({ type: "rested", room, seq, users });
  }

  /** The event by which somebody was added while this hub runs. */
  invitedAt(user: UserId): number | undefined {
    return this.#invited.get(user);
  }

  presence(user: UserId, online: boolean): void {
    if (online) this.#online.add(user);
    else this.#online.delete(user);
  }

  /** Keeps up with what the log says of the room and its people. */
  apply(row: LogRow): void {
    if (row.type === "member") return this.#applyMember(row);
    if (row.type !== "room") return;
    this.#card = { ...this.#card, ...cardOf(row) };
    if (!row.dissolved) return;
    this.#dissolved = true;
    this.#putOut.push(...this.audience.places());
    this.flush();
    void this.options.switchboard.tellWhenFits({ type: "dissolved", room: this.room });
  }

  /** Those who were put out: they leave after they have been told so. */
  takePutOut(): readonly Place[] {
    const places = this.#putOut;
    if (places.length > 0) this.#putOut = [];
    return places;
  }

  stop(): void {
    this.crowd.stop();
    this.#unwatch();
  }

  #applyMember(row: MemberRow): void {
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
        return this.#watch(row.userId);
      }
      case "left":
      case "kicked":
      case "banned":
        this.#online.delete(row.userId);
        this.#invited.delete(row.userId);
        this.crowd.putOut(row.userId);
        if (!person) return;
        this.#putOut.push(...person.places);
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

  #watch(user: UserId): void {
    if (this.#lasting) {
      void this.options.switchboard.tellWhenFits({ type: "watch", hub: this.self.ref, user });
    }
  }

  #unwatch(user?: UserId): void {
    if (this.#lasting) {
      void this.options.switchboard.tellWhenFits({ type: "unwatch", hub: this.self.ref, user });
    }
  }
}

function cardOf({ title, topic, icon }: Partial<Card>): Card {
  return {
    ...(title === undefined ? undefined : { title }),
    ...(topic === undefined ? undefined : { topic }),
    ...(icon === undefined ? undefined : { icon }),
  };
}
