import type { Appended } from "../store/store.ts";
import type { Self } from "./actor.ts";
import type {
  AppendMessage,
  ArchiveMessage,
  ArchiveOptions,
  Done,
  WriteMessage,
} from "./archive.ts";
import type { Clock } from "./clock.ts";

/** How long a locked store is tried again before what waits is refused as unavailable. */
export const LOCKED_PATIENCE_MS = 5_000;
const LOCKED_RETRY_MS = 50;
/** Writes, in the order in which it was told, and answers. */
export class Writing {
  readonly #patience: Patience;
  /** Why the store was away, and how many messages had been told before that was known. */
  #away: { readonly error: unknown; told: number } | undefined;

  constructor(readonly self: Self<ArchiveMessage>, readonly options: ArchiveOptions) {
    this.#patience = new Patience(self.clock);
  }

  /** @param left messages of the same turn that come after the group. */
  async commit(group: readonly AppendMessage[], left: number): Promise<void> {
    if (group.length === 0) return;
    const late = group.filter(() => this.isRefused());
    if (late.length > 0) await this.#answer(late, refusals(late), this.self.clock.now());
    const fresh = late.length > 0 ? group.slice(late.length) : group;
    if (fresh.length > 0) await this.#append(fresh, left);
  }

  /** @param left messages of the same turn that come after it. */
  async write(message: WriteMessage, left: number): Promise<void> {
    const away = this.#toldBefore();
    if (away) return message.failed(away.error);
    try {
      await this.#patience.run(() => message.run(this.options.store));
    } catch (error) {
      this.#found(error, left);
      message.failed(error);
    }
  }

  async #append(group: readonly AppendMessage[], left: number): Promise<void> {
    const { self, options } = this;
    const items = group.length === 1 && group[0]
      ? group[0].items
      : group.flatMap((message) => message.items);
    const appends = items.map((item) => item.append);
    const at = self.clock.now();
    const startedMs = self.clock.monotonic();
    let results: readonly Appended[];
    try {
      results = await this.#patience.run(() => options.store.append(appends, at));
      options.onCommit?.(appends.length, self.clock.monotonic() - startedMs);
    } catch (error) {
      this.#found(error, left);
      options.onRefusal?.();
      options.onFailure(error, `commit of ${appends.length} events`);
      results = refusals(group);
    }
    await this.#answer(group, results, at);
  }

  async #answer(
    group: readonly AppendMessage[],
    results: readonly Appended[],
    at: number,
  ): Promise<void> {
    let index = 0;
    for (const message of group) {
      const done = message.items.map((item): Done => ({
        origin: item.origin,
        append: item.append,
        result: results[index++] as Appended,
      }));
      // A busy hub is waited for: what is committed must not be dropped on the way back.
      await message.hub.tellWhenFits({ type: "appended", at, done });
    }
  }

  #found(error: unknown, left: number): void {
    if (failureOf(error) !== "unreachable") return;
    this.#away = { error, told: left + this.self.inbox.depth };
  }

  /** For a message in its turn that is neither: it is not to be tried. */
  isRefused(): boolean {
    return this.#toldBefore() !== undefined;
  }

  /** For each message in turn: whether it had been told before the store was found away. */
  #toldBefore(): { readonly error: unknown } | undefined {
    const away = this.#away;
    if (away && away.told-- > 0) return away;
    this.#away = undefined;
    return undefined;
  }
}

function refusals(group: readonly AppendMessage[]): Appended[] {
  const refused = { refused: "unavailable", message: "the store cannot write now" } as const;
  return group.flatMap(({ items }) => items.map(() => refused));
}

/**
 * Tries again, without holding the event loop, while another process has the store locked. Whatever
 * waits shares one patience: once it is over, each write is tried once until the lock is gone.
 */
class Patience {
  #lockedSinceMs = 0;
  #foundLockedMs = -Infinity;

  constructor(readonly clock: Clock) {}

  async run<T>(write: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const done = await write();
        this.#foundLockedMs = -Infinity;
        return done;
      } catch (error) {
        if (failureOf(error) !== "locked" || this.#isOver()) throw error;
      }
      await new Promise<void>((resolve) => this.clock.after(LOCKED_RETRY_MS, resolve));
    }
  }

  /** Whether a store that is found locked now has been for too long. */
  #isOver(): boolean {
    const nowMs = this.clock.monotonic();
    // Nobody has tried for a while: this is another lock.
    if (nowMs - this.#foundLockedMs >= LOCKED_PATIENCE_MS) this.#lockedSinceMs = nowMs;
    this.#foundLockedMs = nowMs;
    return nowMs - this.#lockedSinceMs >= LOCKED_PATIENCE_MS;
  }
}

/** The `failure` of a StoreError. */
function failureOf(error: unknown): unknown {
  return error instanceof Error && "failure" in error ? error.failure : undefined;
}
