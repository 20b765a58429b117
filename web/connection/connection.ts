import type { CommandType } from "../../protocol/commands.ts";
import type { LiveEventOf } from "../../protocol/events.ts";
import { Line, type LineState } from "./line.ts";
import { Outbox, type Outgoing } from "./outbox.ts";
import type { Clock, KeyValueStorage, Socket } from "./ports.ts";
import { Requests } from "./requests.ts";
import { type Joined, Rooms } from "./rooms.ts";
import { Sender } from "./sender.ts";
import type { Tabs } from "./tabs.ts";
import { type CommandBody, Refused, type ReplyTo, type ServerEvent } from "./wire.ts";

export interface ConnectionOptions {
  /** Opens a socket to the server that speaks the JSON codec. */
  readonly open: () => Socket;
  readonly clock: Clock;
  /** At least 0, less than 1. */
  readonly random: () => number;
  readonly storage: KeyValueStorage;
  /** How the names of everything begin that is stored for a user. */
  readonly storagePrefix: (user: string) => string;
  readonly tabs: Tabs;
  readonly newKey: () => string;
  readonly onState: (state: LineState) => void;
  /** Everything that is news, once and in order, replies included. */
  readonly onEvent: (event: ServerEvent) => void;
  /** The outbox changed: something was written, sent, refused, or another tab did so. */
  readonly onOutbox: (entries: readonly Outgoing[]) => void;
  /** The server took the message; its event may come before or after this. */
  readonly onSent: (entry: Outgoing, reply: ReplyTo<"message">) => void;
  /** A room that was to be kept is closed to us. */
  readonly onRefused: (room: string, refusal: Refused) => void;
}

/** While other tabs have something to send, it is looked this often whether they still live. */
export const ADOPT_EVERY_MS = 5_000;

/**
 * A client's connection to Hubbub: commands with typed replies, rooms that stay joined over any
 * break, and messages that are sent exactly once however often the line goes down.
 */
export class Connection {
  readonly #line: Line;
  readonly #requests: Requests;
  readonly #rooms: Rooms;
  #outbox: Outbox | undefined;
  #sender: Sender | undefined;
  #user: string | undefined;
  #cancelAdoption = () => {};

  constructor(private readonly options: ConnectionOptions) {
    const { open, clock, random, onRefused } = options;
    this.#line = new Line({
      open,
      clock,
      random,
      onState: (state) => this.#stateChanged(state),
      onEvents: (events) => this.#received(events),
    });
    this.#requests = new Requests(
      clock,
      (text) => this.#line.send(text),
      () => this.#line.wake(),
    );
    this.#rooms = new Rooms({
      clock,
      random,
      ask: (command) => this.ask<"join">(command),
      onInside: () => this.#sender?.flush(),
      onRefused,
    });
  }

  get state(): LineState {
    return this.#line.state;
  }

  start(): void {
    this.#line.start();
  }

  stop(): void {
    this.#line.stop();
    this.#sender?.stop();
    this.#cancelAdoption();
  }

  /** See `Line.wake`. */
  wake(): void {
    this.#line.wake();
  }

  retryNow(): void {
    this.#line.retryNow();
  }

  /** Throws `Refused` or `LineLost`. */
  ask<T extends CommandType>(command: CommandBody<T>): Promise<ReplyTo<T>> {
    return this.#requests.ask(command);
  }

  /** Says something that needs no answer; lost when the line is down. */
  tell(command: CommandBody<"typing">): void {
    this.#line.send(JSON.stringify(command));
  }

  /** Joins a room and keeps it joined. */
  enter(room: string, history: number): Promise<Joined> {
    return this.#rooms.enter(room, history);
  }

  /** Leaves a room, also when the line is down. */
  async leave(room: string): Promise<void> {
    this.#rooms.forget(room);
    await this.ask<"leave">({ type: "leave", room });
  }

  /** Stops keeping a room that is gone. */
  forget(room: string): void {
    this.#rooms.forget(room);
  }

  isInside(room: string): boolean {
    return this.#rooms.isInside(room);
  }

  /**
   * Whose outbox it is, as far as is known before the server says so: what was written before a
   * reload is shown at once.
   */
  assume(user: string): void {
    if (user === this.#user) return;
    const { storage, tabs, clock, random, onSent } = this.options;
    this.#user = user;
    this.#sender?.stop();
    const outbox = new Outbox(storage, `${this.options.storagePrefix(user)}outbox:`);
    this.#outbox = outbox;
    this.#sender = new Sender({
      outbox,
      tab: tabs.id,
      clock,
      random,
      ask: (command) => this.ask<"message">(command),
      isReady: (room) => this.#isReady(room),
      onSent: (entry, reply) => {
        onSent(entry, reply);
        this.#outboxChanged();
      },
      onChange: () => this.#outboxChanged(),
    });
    this.#outboxChanged();
  }

  /** Writes a message: it is in the outbox at once and goes when it can. */
  say(room: string, content: string, reply?: number): Outgoing {
    if (!this.#outbox) throw new Error("say() before the user is known: call assume() first");
    const entry: Outgoing = {
      key: this.options.newKey(),
      room,
      content,
      // They are sorted by it: also two of one millisecond, or after the clock was put back.
      at: Math.max(this.options.clock.now(), (this.#outbox.entries.at(-1)?.at ?? 0) + 1),
      tab: this.options.tabs.id,
      ...(reply === undefined ? {} : { reply }),
    };
    this.#outbox.put(entry);
    this.#outboxChanged();
    this.#sender?.flush();
    return entry;
  }

  /** Tries a failed message again, under the same key, from this tab. */
  retry(key: string): void {
    const entry = this.#outbox?.get(key);
    if (!entry) return;
    const { failed: _, ...rest } = entry;
    this.#outbox?.put({ ...rest, tab: this.options.tabs.id });
    this.#outboxChanged();
    this.#sender?.flush();
  }

  /** Takes a message out of the outbox unsent. */
  discard(key: string): void {
    if (this.#outbox?.remove(key)) this.#outboxChanged();
  }

  /** Another tab changed the storage under this name (null: all of it). */
  storageChanged(name: string | null): void {
    if (!this.#outbox?.owns(name)) return;
    this.#outbox.reload();
    this.#outboxChanged();
    this.#adoptLater();
  }

  #isReady(room: string): boolean {
    if (this.state.status !== "online") return false;
    if (this.#rooms.isInside(room)) return true;
    if (!this.#rooms.has(room)) {
      this.#rooms.enter(room, 0).catch((error: unknown) => {
        if (error instanceof Refused) this.#failRoom(room, error);
      });
    }
    return false;
  }

  /** A room that cannot be entered: what was written to it cannot be sent. */
  #failRoom(room: string, refusal: Refused): void {
    for (const entry of this.#outbox?.entries ?? []) {
      if (entry.room !== room || entry.failed) continue;
      const { code, message } = refusal;
      this.#outbox?.put({ ...entry, failed: { code, message } });
    }
    this.#outboxChanged();
  }

  #stateChanged(state: LineState): void {
    if (state.status !== "online") {
      this.#rooms.offline();
      this.#requests.lose();
    }
    this.options.onState(state);
  }

  #received(events: readonly ServerEvent[]): void {
    for (const event of events) {
      if (event.type === "welcome") this.#welcomed(event);
      const isNews = this.#rooms.admit(event);
      if (event.type === "message" && event.key !== undefined) {
        this.#seenMine(event.key, event.from);
      }
      if (isNews) this.options.onEvent(event);
      this.#requests.answer(event);
    }
  }

  #welcomed(welcome: LiveEventOf<"welcome">): void {
    this.assume(welcome.user.name);
    this.#rooms.online();
    this.#adopt();
    this.#sender?.flush();
  }

  /** The message came round before its `sent` did, or another tab's: it is sent. */
  #seenMine(key: string, from: string): void {
    if (from === this.#user && this.#outbox?.remove(key)) this.#outboxChanged();
  }

  /** Takes over what closed tabs left unsent. */
  #adopt(): void {
    if (!this.#othersHaveUnsent()) return;
    this.options.tabs.rollCall((alive) => {
      for (const entry of this.#outbox?.entries ?? []) {
        if (!alive.has(entry.tab)) this.#outbox?.put({ ...entry, tab: this.options.tabs.id });
      }
      this.#sender?.flush();
      this.#adoptLater();
    });
  }

  #adoptLater(): void {
    this.#cancelAdoption();
    if (!this.#othersHaveUnsent() || this.state.status === "stopped") return;
    this.#cancelAdoption = this.options.clock.after(ADOPT_EVERY_MS, () => this.#adopt());
  }

  #othersHaveUnsent(): boolean {
    const { id } = this.options.tabs;
    return this.#outbox?.entries.some((entry) => entry.tab !== id && !entry.failed) ?? false;
  }

  #outboxChanged(): void {
    this.options.onOutbox(this.#outbox?.entries ?? []);
  }
}
