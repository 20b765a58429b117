import { type Signal, signal } from "@preact/signals";
import { prefixOf, read, write } from "../../model/storage.ts";

/** Typing does not write to the storage more often than this. */
const SAVE_AFTER_MS = 300;

const isString = (value: unknown): value is string => typeof value === "string";

/** What is being written in each room; kept over a reload and shared with the user's other tabs. */
export class Drafts {
  readonly #drafts = new Map<string, Signal<string>>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(private readonly user: () => string) {}

  of(room: string): Signal<string> {
    let draft = this.#drafts.get(room);
    if (!draft) {
      draft = signal(read(this.#key + room, isString, ""));
      this.#drafts.set(room, draft);
    }
    return draft;
  }

  set(room: string, content: string): void {
    this.of(room).value = content;
    clearTimeout(this.#timers.get(room));
    this.#timers.set(room, setTimeout(() => this.#save(room), SAVE_AFTER_MS));
  }

  /** Writes at once; for when the page may go away. */
  save(): void {
    for (const room of this.#timers.keys()) this.#save(room);
  }

  /** A `storage` event of another tab. What is being typed here stays. */
  storageChanged(name: string | null): void {
    if (!name?.startsWith(this.#key)) return;
    const room = name.slice(this.#key.length);
    if (!this.#timers.has(room)) this.of(room).value = read(name, isString, "");
  }

  get #key(): string {
    return `${prefixOf(this.user())}draft:`;
  }

  #save(room: string): void {
    clearTimeout(this.#timers.get(room));
    this.#timers.delete(room);
    write(this.#key + room, this.of(room).value || undefined);
  }
}
