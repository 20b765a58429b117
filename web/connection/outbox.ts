import type { ErrorCode } from "../../protocol/errors.ts";
import type { KeyValueStorage } from "./ports.ts";

/** A message that the server has not acknowledged yet. */
export interface Outgoing {
  /** Makes every retry the same message. */
  readonly key: string;
  readonly room: string;
  readonly content: string;
  readonly reply?: number;
  /** When it was written, by this machine's clock. */
  readonly at: number;
  /** The tab that sends it; another takes over when that one is gone. */
  readonly tab: string;
  /** The server refused it for good; it waits for its writer to decide. */
  readonly failed?: { readonly code: ErrorCode; readonly message: string };
}

/**
 * What was written and not acknowledged, kept in the browser's storage so that a reload loses
 * nothing. One item a message: tabs that share the storage never overwrite each other's.
 */
export class Outbox {
  readonly #entries = new Map<string, Outgoing>();
  /** Those that the storage had no room for: they are here alone. */
  readonly #unstored = new Set<string>();

  /** `prefix` names the user, so that nobody sends what another wrote at the same machine. */
  constructor(private readonly storage: KeyValueStorage, private readonly prefix: string) {
    this.reload();
  }

  /** Oldest first. */
  get entries(): readonly Outgoing[] {
    return [...this.#entries.values()].sort((a, b) => a.at - b.at);
  }

  get(key: string): Outgoing | undefined {
    return this.#entries.get(key);
  }

  put(entry: Outgoing): void {
    this.#entries.set(entry.key, entry);
    try {
      this.storage.setItem(this.prefix + entry.key, JSON.stringify(entry));
      this.#unstored.delete(entry.key);
    } catch {
      this.#unstored.add(entry.key);
      // Full or forbidden storage: the message is still sent, it only does not survive a reload.
    }
  }

  /** Answers whether it was there. */
  remove(key: string): boolean {
    const had = this.#entries.delete(key);
    this.#unstored.delete(key);
    try {
      this.storage.removeItem(this.prefix + key);
    } catch {
      // Forbidden storage never held it.
    }
    return had;
  }

  /** Another tab wrote: take the storage's word for everything that it holds. */
  reload(): void {
    for (const key of this.#entries.keys()) {
      if (!this.#unstored.has(key)) this.#entries.delete(key);
    }
    try {
      for (let i = 0; i < this.storage.length; i++) {
        const name = this.storage.key(i);
        if (!name?.startsWith(this.prefix)) continue;
        const entry = parse(this.storage.getItem(name));
        if (entry && !this.#unstored.has(entry.key)) this.#entries.set(entry.key, entry);
      }
    } catch {
      // Forbidden storage: nothing is kept there.
    }
  }

  /** Whether a storage event of this name concerns this outbox. */
  owns(name: string | null): boolean {
    return name === null || name.startsWith(this.prefix);
  }
}

function parse(text: string | null): Outgoing | undefined {
  if (text === null) return undefined;
  try {
    const value = JSON.parse(text) as Partial<Outgoing> | null;
    return typeof value?.key === "string" && typeof value.room === "string" &&
        typeof value.content === "string" && typeof value.at === "number" &&
        typeof value.tab === "string"
      ? value as Outgoing
      : undefined;
  } catch {
    return undefined;
  }
}
