import type { Room, Standing, UserId, UserRef } from "../store/store.ts";
import type { Frame } from "../transport/socket.ts";
import type { Session, View } from "./session.ts";
import { WRITER_BOUND } from "./outbox.ts";

/** A session in a room. */
export interface Place {
  readonly session: Session;
  readonly person: Person;
  /** False: the session did not ask for the room, its user belongs to it (groups, direct). */
  joined: boolean;
  /** Every event above this seq has been sent on this connection, or is held for it. */
  from: number;
  /** What happens while the missed events are read from the store. Undefined: it is live. */
  held: Frame[] | undefined;
}

/** A user in a room, with all its sessions there. */
export interface Person {
  readonly user: UserRef;
  readonly places: Set<Place>;
  standing: Standing;
}

/** How one kind of viewer sees a room: the codec and, in a direct room, who looks. */
interface Viewers {
  readonly view: View;
  readonly room: string;
  readonly places: Set<Place>;
}

/** Who is sent something, and when. */
interface Order {
  /**
   * They hear before the others, in this order. Not a courtesy alone: what they say next is there
   * when the others have been told, and goes out with it (docs/performance.md).
   */
  readonly first?: Iterable<UserId>;
  /** Leaves out single places. */
  readonly to?: (place: Place) => boolean;
}

/**
 * Who gets what happens in a room. Text is made once for all who see the same and shared as one
 * frame, never per member.
 */
export class Audience {
  readonly people = new Map<UserId, Person>();
  readonly #places = new Map<Session, Place>();
  readonly #viewers = new Map<string, Viewers>();

  constructor(readonly room: Room) {}

  /** Sessions in the room. */
  get size(): number {
    return this.#places.size;
  }

  places(): Iterable<Place> {
    return this.#places.values();
  }

  place(session: Session): Place | undefined {
    return this.#places.get(session);
  }

  /** The name the session knows this room by: a direct room is called after the other user. */
  roomName(user: UserId): string {
    const between = this.room.between;
    if (!between) return this.room.name;
    return `@${between[0].id === user ? between[1].name : between[0].name}`;
  }

  add(session: Session, person: Person, from: number): Place {
    const place: Place = { session, person, joined: false, from, held: undefined };
    person.places.add(place);
    this.people.set(person.user.id, person);
    this.#places.set(session, place);
    const key = this.#viewersKey(session);
    let viewers = this.#viewers.get(key);
    if (!viewers) {
      const room = this.roomName(session.user.id);
      viewers = { view: session.view, room, places: new Set() };
      this.#viewers.set(key, viewers);
    }
    viewers.places.add(place);
    return place;
  }

  /** The place's person stays; whether it still belongs to the room is the hub's to decide. */
  remove(place: Place): void {
    letGo(place);
    place.person.places.delete(place);
    this.#places.delete(place.session);
    const key = this.#viewersKey(place.session);
    const viewers = this.#viewers.get(key);
    viewers?.places.delete(place);
    if (viewers?.places.size === 0) this.#viewers.delete(key);
  }

  /**
   * Sends what `text` makes for each kind of viewer; undefined sends that kind nothing. When `text`
   * throws, nobody has been sent anything.
   */
  broadcast(
    text: (view: View, room: string) => string | undefined,
    { first = [], to }: Order = {},
  ): void {
    const frames = new Map<string, Frame>();
    for (const [key, { view, room }] of this.#viewers) {
      const shown = text(view, room);
      if (shown !== undefined) frames.set(key, { text: shown });
    }
    const served = new Set<Place>();
    for (const user of first) {
      for (const place of this.people.get(user)?.places ?? []) {
        const frame = frames.get(this.#viewersKey(place.session));
        if (served.has(place) || !frame || to && !to(place)) continue;
        send(place, frame);
        served.add(place);
      }
    }
    for (const [key, frame] of frames) {
      for (const place of this.#viewers.get(key)?.places ?? []) {
        if (served.has(place) || to && !to(place)) continue;
        send(place, frame);
      }
    }
  }

  #viewersKey(session: Session): string {
    return this.room.between ? `${session.view}:${session.user.id}` : session.view;
  }
}

/** From here on what happens is held for the place, until `letGo`. */
export function hold(place: Place): void {
  letGo(place);
  place.held = [];
}

/** What was held for the place; whoever gives up a place has to call this, too. */
export function letGo(place: Place): readonly Frame[] {
  const held = place.held ?? [];
  place.held = undefined;
  if (held.length > 0) place.session.out.letGo(held);
  return held;
}

function send(place: Place, frame: Frame): void {
  const { held, session: { out } } = place;
  if (!held) out.send(frame);
  else if (held.length < WRITER_BOUND && out.mayHold(frame)) held.push(frame);
  else out.overflow();
}
