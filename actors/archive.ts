import type { Append, Appended, Store } from "../store/store.ts";
import { type Behaviour, type Ref, type RestartPolicy, type Self, tellWhenFits } from "./actor.ts";
import type { Clock } from "./clock.ts";
import type { Session } from "./session.ts";
import type { CommandId } from "../protocol/commands.ts";

/** Most messages that wait; a message is one hub's turn or one other write. */
export const ARCHIVE_BOUND = 1024;
/** How long a locked store is tried again before what waits is refused as unavailable. */
export const LOCKED_PATIENCE_MS = 5_000;
const LOCKED_RETRY_MS = 50;
/** Messages indexed for search at a time, and how soon after a commit: not on its way. */
const INDEX_STEP = 250;
const INDEX_EVERY_MS = 500;

export const ARCHIVE_RESTART: RestartPolicy = {
  most: 10,
  withinMs: 60_000,
  backoffMs: 10,
  backoffMaxMs: 2_000,
};

/** Who asked for a write and is owed the reply. Undefined: nobody (the system itself). */
export interface Origin {
  readonly session: Session;
  readonly re: CommandId;
}

export interface Item {
  readonly append: Append;
  readonly origin: Origin | undefined;
}

export interface Done {
  readonly origin: Origin | undefined;
  readonly append: Append;
  readonly result: Appended;
}

/** What a hub hears of its appends, in the order of the log. */
export interface AppendedMessage {
  readonly type: "appended";
  readonly at: number;
  readonly done: readonly Done[];
}

export type ArchiveMessage =
  | {
    readonly type: "append";
    readonly items: readonly Item[];
    readonly hub: Ref<AppendedMessage>;
  }
  /** Any other write. Told of the result when it is committed, or of the failure. */
  | {
    readonly type: "write";
    run(store: Store): Promise<void>;
    failed(error: unknown): void;
  }
  | { readonly type: "index" };

export interface ArchiveOptions {
  readonly store: Store;
  onFailure(error: unknown, what: string): void;
  /** For the metrics: a commit of `rows` took `ms`, */
  onCommit?(rows: number, ms: number): void;
  /** or the store did not take it. */
  onRefusal?(): void;
}

/**
 * The only actor that writes to the store. Takes everything queued as one group commit and answers
 * each hub only when its rows are durable. It never gives up for a failing store: what could not be
 * written is refused as `unavailable`, and the next group is tried again.
 */
export function archive(options: ArchiveOptions): Behaviour<ArchiveMessage> {
  return async (self) => {
    const patience = new Patience(self.clock);
    let cancelIndexing: (() => void) | undefined;
    const indexLater = (delayMs: number) => {
      cancelIndexing ??= self.clock.after(delayMs, () => {
        cancelIndexing = undefined;
        self.ref.tell({ type: "index" });
      });
    };
    try {
      for await (const batch of self.inbox.batches()) {
        let group: Extract<ArchiveMessage, { type: "append" }>[] = [];
        for (const message of batch) {
          if (message.type === "append") {
            group.push(message);
            continue;
          }
          // Other writes keep their place between the appends before and after them.
          await commit(self, options, patience, group);
          group = [];
          if (message.type === "write") await write(options, patience, message);
          else if (await indexSome(options)) indexLater(self.inbox.depth > 0 ? INDEX_EVERY_MS : 1);
        }
        if (group.length > 0) {
          await commit(self, options, patience, group);
          indexLater(INDEX_EVERY_MS);
        }
      }
    } finally {
      cancelIndexing?.();
    }
  };
}

type Group = readonly Extract<ArchiveMessage, { type: "append" }>[];

async function commit(
  self: Self<ArchiveMessage>,
  options: ArchiveOptions,
  patience: Patience,
  group: Group,
): Promise<void> {
  if (group.length === 0) return;
  const items = group.length === 1 && group[0]
    ? group[0].items
    : group.flatMap((message) => message.items);
  const appends = items.map((item) => item.append);
  const at = self.clock.now();
  const startedMs = self.clock.monotonic();
  let results: readonly Appended[];
  try {
    results = await patience.run(() => options.store.append(appends, at));
    options.onCommit?.(appends.length, self.clock.monotonic() - startedMs);
  } catch (error) {
    options.onRefusal?.();
    options.onFailure(error, `commit of ${appends.length} events`);
    const refused = { refused: "unavailable", message: "the store cannot write now" } as const;
    results = appends.map(() => refused);
  }
  let index = 0;
  for (const message of group) {
    const done = message.items.map((item): Done => ({
      origin: item.origin,
      append: item.append,
      result: results[index++] as Appended,
    }));
    // A busy hub is waited for: what is committed must not be dropped on the way back.
    await tellWhenFits(message.hub, { type: "appended", at, done });
  }
}

async function write(
  options: ArchiveOptions,
  patience: Patience,
  message: Extract<ArchiveMessage, { type: "write" }>,
): Promise<void> {
  try {
    await patience.run(() => message.run(options.store));
  } catch (error) {
    message.failed(error);
  }
}

/** True when something is left to index. A failure waits for the next commit. */
async function indexSome(options: ArchiveOptions): Promise<boolean> {
  try {
    return await options.store.index(INDEX_STEP);
  } catch (error) {
    options.onFailure(error, "indexing for search");
    return false;
  }
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
        if (!isLocked(error) || this.#isOver()) throw error;
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

function isLocked(error: unknown): boolean {
  return error instanceof Error && "failure" in error && error.failure === "locked";
}

/**
 * A write through the archive, for those who can wait: rejects with what the store threw, or with
 * `ArchiveBusy` when too much waits already.
 */
export function writeThrough<T>(
  archive: Ref<ArchiveMessage>,
  run: (store: Store) => Promise<T>,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const taken = archive.tell({
      type: "write",
      run: async (store) => resolve(await run(store)),
      failed: reject,
    });
    if (!taken) reject(new ArchiveBusy("too many writes wait for the store"));
  });
}

export class ArchiveBusy extends Error {
  override readonly name = "ArchiveBusy";
}
