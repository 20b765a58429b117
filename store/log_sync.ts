import { StoreError } from "./store.ts";

/** How soon after a commit its log is on the disk, at best; and how often while much is committed. */
const SYNC_EVERY_MS = 250;

/** What a sync needs of a file. */
export interface SyncedFile {
  syncData(): Promise<void>;
  close(): void;
}

export interface LogSyncOptions {
  open(): Promise<SyncedFile>;
  readonly everyMs?: number;
}

/**
 * Syncs the write-ahead log beside the event loop, for `normal` durability. SQLite itself would only
 * when it moves the log's pages into the database, and then everybody waits until the disk has taken
 * all of them at once: to find most of them there makes that short (docs/performance.md), and a power
 * cut takes a moment instead of what the operating system had not written yet.
 */
export class LogSync {
  readonly #open: () => Promise<SyncedFile>;
  readonly #everyMs: number;
  #file: SyncedFile | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #syncing: Promise<void> | undefined;
  #failure: StoreError | undefined;
  #closed = false;

  constructor({ open, everyMs = SYNC_EVERY_MS }: LogSyncOptions) {
    this.#open = open;
    this.#everyMs = everyMs;
  }

  /** Something was written to the log. */
  committed(): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      // One that takes long is not joined by others: the next begins when it is over.
      this.#syncing = (this.#syncing ?? Promise.resolve()).then(() => this.#sync());
    }, this.#everyMs);
  }

  /** Throws `StoreError` `io` when the last sync failed: what was committed may not survive a power cut. */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  /** Resolves when nothing is being synced any more. Safe twice. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#syncing;
    this.#file?.close();
    this.#file = undefined;
  }

  async #sync(): Promise<void> {
    try {
      this.#file ??= await this.#open();
    } catch {
      // Too many files are open, or it may not be opened: SQLite will sync it, as it always would.
      this.#timer = undefined;
      return;
    }
    // What is committed from here on may miss this sync.
    this.#timer = undefined;
    try {
      await this.#file.syncData();
      this.#failure = undefined;
    } catch (error) {
      this.#failure = new StoreError("io", `the write-ahead log cannot be synced: ${error}`, {
        cause: error,
      });
    }
  }
}
