import type { LineState } from "./line.ts";
import { Outbox, type Outgoing } from "./outbox.ts";
import type { Clock, KeyValueStorage } from "./ports.ts";
import type { Rooms } from "./rooms.ts";
import { Sender } from "./sender.ts";
import type { Tabs } from "./tabs.ts";
import { type CommandBody, Refused, type ReplyTo } from "./wire.ts";

export interface OutgoingOptions {
  readonly clock: Clock;
  /** At least 0, less than 1. */
  readonly random: () => number;
  readonly storage: KeyValueStorage;
  /** How the names of everything begin that is stored for a user. */
  readonly storagePrefix: (user: string) => string;
  readonly tabs: Tabs;
  readonly newKey: () => string;
  /** The outbox changed: something was written, sent, refused, or another tab did so. */
  readonly onOutbox: (entries: readonly Outgoing[]) => void;
  /** The server took the message; its event may come before or after this. */
  readonly onSent: (entry: Outgoing, reply: ReplyTo<"message">) => void;
}

/** What it needs of its connection. */
interface Way {
  readonly rooms: Rooms;
  readonly status: () => LineState["status"];
  readonly ask: (command: CommandBody<"message">) => Promise<ReplyTo<"message">>;
}

/** While other tabs have something to send, it is looked this often whether they still live. */
export const ADOPT_EVERY_MS = 5_000;

/**
 * What the user wrote, until the server has taken it: it is kept over breaks and reloads, sent by
 * one tab, and taken over from tabs that were closed.
 */
export class OutgoingMessages {
  #outbox: Outbox | undefined;
  #sender: Sender | undefined;
  #user: string | undefined;
  #cancelAdoption = () => {};

  constructor(private readonly options: OutgoingOptions & Way) {}

  /**
   * Whose outbox it is, as far as is known before the server says so: what was written before a
   * reload is shown at once.
   */
  assume(user: string): void {
    if (user === this.#user) return;
    const { storage, storagePrefix, tabs, clock, random, ask, onSent } = this.options;
    this.#user = user;
    this.#sender?.stop();
    const outbox = new Outbox(storage, `${storagePrefix(user)}outbox:`);
    this.#outbox = outbox;
    this.#sender = new Sender({
      outbox,
      tab: tabs.id,
      clock,
      random,
      ask,
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
    this.flush();
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

  /** The message came round before its `sent` did, or another tab's: it is sent. */
  seen(key: string, from: string): void {
    if (from === this.#user && this.#outbox?.remove(key)) this.#outboxChanged();
  }

  /** The server knows who it is: everything that can goes now. */
  online(): void {
    this.#adopt();
    this.flush();
  }

  flush(): void {
    this.#sender?.flush();
  }

  stop(): void {
    this.#sender?.stop();
    this.#cancelAdoption();
  }

  #isReady(room: string): boolean {
    const { rooms } = this.options;
    if (this.options.status() !== "online") return false;
    if (rooms.isInside(room)) return true;
    if (!rooms.has(room)) {
      rooms.enter(room, 0).catch((error: unknown) => {
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
    if (!this.#othersHaveUnsent() || this.options.status() === "stopped") return;
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
