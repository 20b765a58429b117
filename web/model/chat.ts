import { computed, signal } from "@preact/signals";
import type { CommandType } from "../../protocol/commands.ts";
import type { Party } from "../../protocol/rules.ts";
import type { Connection } from "../connection/connection.ts";
import type { LineState } from "../connection/line.ts";
import type { Outgoing } from "../connection/outbox.ts";
import { roomKey } from "../connection/room_key.ts";
import { type CommandBody, Refused, type ReplyTo } from "../connection/wire.ts";
import { ROWS_IDLE_MAX } from "./log.ts";
import { Room, type Trouble } from "./room.ts";
import { prefixOf, read, write } from "./storage.ts";

/** Messages that a first join asks for. */
export const JOIN_HISTORY = 60;
/** Public rooms that are joined again at the next visit. */
const KEPT_ROOMS_MAX = 30;

/** Direct conversations of which it is asked at the start whether the other is there. */
const PRESENCE_ASKED_MAX = 20;

export interface Me {
  readonly name: string;
  readonly guest: boolean;
  readonly admin?: boolean;
}

const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((name) => typeof name === "string");

const isSeqs = (value: unknown): value is Readonly<Record<string, number>> =>
  typeof value === "object" && value !== null &&
  Object.values(value).every((seq) => typeof seq === "number");

/** Everything this page knows, as signals; the events of the connection are applied to it. */
export class Chat {
  readonly me = signal<Me | undefined>(undefined);
  readonly line = signal<LineState>({ status: "stopped", reason: "asked" });
  readonly rooms = signal<ReadonlyMap<string, Room>>(new Map());
  readonly current = signal<Room | undefined>(undefined);
  readonly outbox = signal<readonly Outgoing[]>([]);
  /** Who is online, of those the server tells about, by canonical name. */
  readonly presence = signal<ReadonlyMap<string, boolean>>(new Map());
  readonly serverName = signal("Hubbub");
  /** Longest message, in bytes of UTF-8. */
  readonly messageBytes = signal(4096);
  /** The server's announcements and what went wrong, the newest last. */
  readonly notices = signal<readonly { readonly id: number; readonly text: Notice }[]>([]);
  #nextNotice = 1;
  #blocked: ReadonlySet<string> | undefined;

  /** The sum of the badges: mentions and direct messages. */
  readonly calling = computed(() => sum(this.rooms.value, (room) => room.mentionCount.value));
  readonly unread = computed(() => sum(this.rooms.value, (room) => room.unreadCount.value));

  /** `settle` applies at once what waits for the next frame. */
  constructor(readonly connection: Connection, private readonly settle: () => void) {}

  room(name: string): Room | undefined {
    return this.rooms.value.get(roomKey(name));
  }

  /** The room of this name, listed from now on. */
  ensure(name: string): Room {
    const known = this.room(name);
    if (known) return known;
    const room = new Room(name);
    this.rooms.value = new Map(this.rooms.value).set(room.key, room);
    return room;
  }

  /** Shows a room, and joins it where that has not been done. */
  open(name: string): Room {
    const room = this.ensure(name);
    const before = this.current.value;
    if (before !== room) {
      before?.log.trim(ROWS_IDLE_MAX, "oldest");
      // What could not be entered need not be listed.
      if (before?.trouble.value) this.remove(before);
    }
    // Also when the server has just said what is unread in the room that a page begins with.
    if (before !== room || !room.isLoaded.value) {
      room.divider.value = room.unreadCount.value > 0 ? room.unread.read : undefined;
    }
    this.current.value = room;
    this.join(room);
    return room;
  }

  /** Writes a message: it is shown at once, and sent when it can be. */
  say(room: Room, content: string, reply?: number): void {
    room.divider.value = undefined;
    this.connection.outgoing.say(room.name.value, content, reply);
    this.settle();
  }

  join(room: Room): void {
    if (this.connection.isInside(room.name.value)) return;
    room.trouble.value = undefined;
    // Kept before the server has answered: whoever reloads at once finds the room in the list.
    this.#keepNames();
    this.connection.enter(room.name.value, JOIN_HISTORY).catch(() => {
      // A refusal is shown in the room (`refused`); a lost line heals by itself.
    });
  }

  /** Joins again what was open at the last visit. */
  joinKept(): void {
    for (const name of read(this.#keyOf("rooms"), isNames, [])) this.join(this.ensure(name));
  }

  /** I, as the rules see me there. What I was told of being put out or muted is not for them. */
  partyIn(room: Room): Party {
    const admin = this.me.value?.admin;
    return { role: room.role.value, admin, banned: false, muted: false };
  }

  /** Whom this browser was told to block. */
  get blocked(): ReadonlySet<string> {
    return this.#blocked ??= new Set(read(this.#keyOf("blocked"), isNames, []));
  }

  async block(user: string, isBlocked: boolean): Promise<void> {
    if (!await this.do<"block" | "unblock">({ type: isBlocked ? "block" : "unblock", user })) {
      return;
    }
    const blocked = new Set(this.blocked);
    if (isBlocked) blocked.add(user);
    else blocked.delete(user);
    this.#blocked = blocked;
    write(this.#keyOf("blocked"), [...blocked]);
  }

  /** Asks who of the direct conversations is there; from then on the server tells. */
  askForPresence(): void {
    const directs = [...this.rooms.value.values()].filter((room) => room.kind.value === "direct");
    for (const room of directs.slice(0, PRESENCE_ASKED_MAX)) {
      this.connection.ask<"members">({ type: "members", room: room.name.value }).catch(() => {
        // Shown without a dot.
      });
    }
  }

  refused(name: string, refusal: Refused): void {
    const room = this.room(name);
    if (!room) return;
    room.close(trouble(refusal));
    if (room !== this.current.value) this.remove(room);
    else this.#keepNames();
  }

  /** Takes a room off the list. */
  remove(room: Room): void {
    const rooms = new Map(this.rooms.value);
    rooms.delete(room.key);
    this.rooms.value = rooms;
    this.#keepNames();
  }

  /** Leaves a room, or puts a conversation away. A group that may not be left stays. */
  async leave(room: Room): Promise<void> {
    const name = room.name.value;
    // One belongs to a group until the server says otherwise; its owner may not go.
    if (room.kind.value === "group" && !await this.do<"leave">({ type: "leave", room: name })) {
      return;
    }
    this.remove(room);
    if (this.current.value === room) this.current.value = undefined;
    if (room.kind.value === "public") return void await this.attempt(this.connection.leave(name));
    if (room.kind.value === "direct") this.#close(room);
    this.connection.forget(name);
  }

  /** A conversation that was put away stays so until something is said in it. */
  isClosed(name: string, lastSeq: number): boolean {
    return (read(this.#keyOf("closed"), isSeqs, {})[roomKey(name)] ?? -1) >= lastSeq;
  }

  #close(room: Room): void {
    const closed = read(this.#keyOf("closed"), isSeqs, {});
    write(this.#keyOf("closed"), { ...closed, [room.key]: room.lastSeq.value });
  }

  /** Does a command and says so when it is refused; undefined then. */
  do<T extends CommandType>(command: CommandBody<T>): Promise<ReplyTo<T> | undefined> {
    return this.attempt(this.connection.ask<T>(command));
  }

  async attempt<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      return await work;
    } catch (error) {
      this.notify(
        error instanceof Refused ? trouble(error) : { code: "line_lost", message: String(error) },
      );
      return undefined;
    }
  }

  notify(text: Notice): void {
    this.notices.value = [...this.notices.value.slice(-3), { id: this.#nextNotice++, text }];
  }

  dismiss(id: number): void {
    this.notices.value = this.notices.value.filter((notice) => notice.id !== id);
  }

  #keyOf(what: "rooms" | "blocked" | "closed"): string {
    return prefixOf(this.me.value?.name ?? "") + what;
  }

  #keepNames(): void {
    const names = [...this.rooms.value.values()]
      .filter((room) => room.kind.value === "public" && !room.trouble.value)
      .map((room) => room.name.value);
    write(this.#keyOf("rooms"), names.slice(-KEPT_ROOMS_MAX));
  }
}

/** A refusal, by code, or words of the server that are shown as they are. */
export type Notice = Trouble | string;

export function trouble(refusal: Refused): Trouble {
  return { code: refusal.code, message: refusal.message };
}

function sum(rooms: ReadonlyMap<string, Room>, of: (room: Room) => number): number {
  let total = 0;
  for (const room of rooms.values()) total += of(room);
  return total;
}
