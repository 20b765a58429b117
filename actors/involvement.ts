import type { Belonging, Member, Room, RoomId, Store, UserId } from "../store/store.ts";
import type { Clock } from "./clock.ts";
import type { Directory } from "./directory.ts";
import type { Heads } from "./hub_messages.ts";
import type { Presence } from "./presence.ts";
import type { NodeNews } from "./relay_news.ts";
import { beginning } from "./rights.ts";
import type { Session } from "./session.ts";
import { Sweep } from "./sweep.ts";
import type { Resume } from "./switchboard_messages.ts";

/**
 * Up to which event each user of this node that belongs to a conversation was sent it, or told of
 * it when it was welcomed. One may know of it what others here have never heard of.
 */
type Conversation = Map<UserId, number>;

export interface InvolvementOptions {
  readonly clock: Clock;
  /** Read only. */
  readonly store: Pick<Store, "belongings">;
  /** A room's hub that is active alone knows how far its sessions are. */
  readonly directory: Pick<Directory, "active" | "wake">;
  readonly presence: Pick<Presence, "here">;
  onFailure(error: unknown, what: string): void;
}

/**
 * The groups and direct conversations of the people on this node, and how far their sessions were
 * sent each of them. Their members are sent what is written there without having joined, also when
 * it is written on another node while no hub of the room is active here. That node says so, and the
 * store is asked from time to time (sweep.ts), in case that was lost; then the hub is started, from
 * where its people here are. Only where there are several nodes.
 */
export class Involvement {
  readonly #conversations = new Map<RoomId, Conversation>();
  /** Everybody who was welcomed here and has not gone since, and their conversations. */
  readonly #users = new Map<UserId, Set<RoomId>>();
  readonly #sweep: Sweep;

  constructor(readonly options: InvolvementOptions) {
    const { clock, store, onFailure } = options;
    this.#sweep = new Sweep({
      clock,
      store,
      users: () => this.#users.keys(),
      found: (users, belongings) => this.#found(users, belongings),
      onFailure,
    });
  }

  /**
   * From where everybody here has to be sent a group or direct room, when these belong to it: whoever
   * does and has not heard of it yet was made a member elsewhere since it was welcomed here.
   */
  resume({ id, kind }: Room, members: readonly Member[]): Resume[] {
    const origins = new Map(this.#members(id));
    for (const { user, read } of members) {
      if (!this.#users.has(user.id) || origins.has(user.id)) continue;
      origins.set(user.id, beginning({ kind, read }));
    }
    return [...origins].flatMap(([id, from]) => {
      const user = this.options.presence.here(id);
      return user ? [{ user, from }] : [];
    });
  }

  /** A hub has ended, when everybody here who belongs to its room had been sent all up to `seq`. */
  rested(room: RoomId, seq: number, members: readonly UserId[]): void {
    const before = new Set(this.#members(room).keys());
    this.#conversations.delete(room);
    for (const user of members) {
      before.delete(user);
      if (this.#users.has(user)) this.#keep(room, seq, user);
    }
    for (const user of before) this.#users.get(user)?.delete(room);
  }

  /** A session's client was told of its conversations, as far as they go. */
  welcomed(session: Session, belongings: readonly Belonging[], heads: Heads): void {
    const { directory } = this.options;
    for (const room of this.#behind(session.user.id, belongings)) {
      // Before it asks who is there, so that it knows what this session has been told.
      void directory.wake(room).then((hub) =>
        hub?.tellWhenFits({ type: "attached", session, heads })
      );
    }
    for (const room of heads.keys()) {
      const hub = directory.active(room);
      if (hub) void hub.tellWhenFits({ type: "attached", session, heads });
    }
  }

  /** Nobody is here of this user any more. */
  left(user: UserId): void {
    for (const room of this.#users.get(user) ?? []) this.#drop(room, user);
    this.#users.delete(user);
  }

  /** Another node has written there. */
  involved({ room, users, after }: Extract<NodeNews, { type: "involved" }>): void {
    const here = users.filter((user) => this.#users.has(user));
    for (const user of here) this.#keep(room, after, user);
    if (this.#conversations.has(room)) this.#wake(room);
  }

  /** Whether other nodes can be heard. */
  bus(up: boolean): void {
    this.#sweep.bus(up);
  }

  /** Something that other nodes said may have been missed. */
  missed(): void {
    this.#sweep.soon();
  }

  stop(): void {
    this.#sweep.stop();
  }

  /** Those here who belonged to it, as far as they know, and from where each has to be sent it. */
  #members(room: RoomId): ReadonlyMap<UserId, number> {
    return this.#conversations.get(room) ?? new Map();
  }

  /** Keeps what a welcome said. Answers rooms that others here have not been sent so far. */
  #behind(user: UserId, belongings: readonly Belonging[]): RoomId[] {
    const first = !this.#users.has(user);
    if (first) this.#users.set(user, new Set());
    return belongings.flatMap((belonging) => {
      const { room, seq } = belonging;
      // When the user was here before, what is not known is new since.
      this.#keep(room, first ? seq : beginning(belonging), user);
      const behind = Math.min(...this.#members(room).values()) < seq;
      return behind && !this.options.directory.active(room) ? [room] : [];
    });
  }

  /** What the store says of these users' conversations. */
  #found(users: readonly UserId[], belongings: readonly Belonging[]): void {
    const gone = new Map(users.map((user) => [user, new Set(this.#users.get(user))]));
    const waking = new Set<RoomId>();
    for (const belonging of belongings) {
      const { room, seq, user } = belonging;
      gone.get(user)?.delete(room);
      if (!this.#users.has(user)) continue;
      if (this.#keep(room, beginning(belonging), user) < seq) waking.add(room);
    }
    // Whoever was put out is told so by the hub.
    for (const rooms of gone.values()) for (const room of rooms) waking.add(room);
    for (const room of waking) this.#wake(room);
  }

  /** Starts the room's hub, to send what its people here have not been sent. */
  #wake(room: RoomId): void {
    const { directory } = this.options;
    if (!directory.active(room)) void directory.wake(room);
  }

  /** Answers up to where the user has been sent it: up to `seq` when nothing is known yet. */
  #keep(room: RoomId, seq: number, user: UserId): number {
    let conversation = this.#conversations.get(room);
    if (!conversation) this.#conversations.set(room, conversation = new Map());
    const kept = conversation.get(user) ?? seq;
    conversation.set(user, kept);
    this.#users.get(user)?.add(room);
    return kept;
  }

  #drop(room: RoomId, user: UserId): void {
    const conversation = this.#conversations.get(room);
    conversation?.delete(user);
    if (conversation?.size === 0) this.#conversations.delete(room);
  }
}
