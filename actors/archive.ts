import type { Append, Appended, Store } from "../store/store.ts";
import type { Behaviour, Ref, RestartPolicy } from "./actor.ts";
import type { Session } from "./session.ts";
import type { CommandId } from "../protocol/commands.ts";
import { Writing } from "./writing.ts";

/** Most messages that wait; a message is one hub's turn or one other write. */
export const ARCHIVE_BOUND = 1024;
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

export interface AppendMessage {
  readonly type: "append";
  readonly items: readonly Item[];
  readonly hub: Ref<AppendedMessage>;
}

/** Any other write. Told of the result when it is committed, or of the failure. */
export interface WriteMessage {
  readonly type: "write";
  run(store: Store): Promise<void>;
  failed(error: unknown): void;
}

export type ArchiveMessage = AppendMessage | WriteMessage | { readonly type: "index" };

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
 * written is refused as `unavailable`, and the next group is tried again. A store that cannot be
 * reached takes its time to fail: all that was told until then is refused with it, so that nobody
 * waits for one failure after the other.
 */
export function archive(options: ArchiveOptions): Behaviour<ArchiveMessage> {
  return async (self) => {
    const writing = new Writing(self, options);
    let cancelIndexing: (() => void) | undefined;
    const indexLater = (delayMs: number) => {
      cancelIndexing ??= self.clock.after(delayMs, () => {
        cancelIndexing = undefined;
        self.ref.tell({ type: "index" });
      });
    };
    try {
      for await (const batch of self.inbox.batches()) {
        let group: AppendMessage[] = [];
        for (const [index, message] of batch.entries()) {
          const left = batch.length - index;
          if (message.type === "append") {
            group.push(message);
            continue;
          }
          // Other writes keep their place between the appends before and after them.
          await writing.commit(group, left);
          group = [];
          if (message.type === "write") await writing.write(message, left - 1);
          else if (!writing.isRefused() && await indexSome(options)) {
            indexLater(self.inbox.depth > 0 ? INDEX_EVERY_MS : 1);
          }
        }
        if (group.length > 0) {
          await writing.commit(group, 0);
          indexLater(INDEX_EVERY_MS);
        }
      }
    } finally {
      cancelIndexing?.();
    }
  };
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
