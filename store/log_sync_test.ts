import { assertEquals, assertThrows } from "@std/assert";
import { LogSync } from "./log_sync.ts";
import { StoreError } from "./store.ts";

/** A log whose syncs are ended by the test. */
class FakeFile {
  opened = 0;
  closed = 0;
  readonly syncs: PromiseWithResolvers<void>[] = [];
  #begun = Promise.withResolvers<void>();

  readonly open = () => {
    this.opened++;
    return Promise.resolve(this);
  };

  syncData(): Promise<void> {
    const sync = Promise.withResolvers<void>();
    this.syncs.push(sync);
    this.#begun.resolve();
    this.#begun = Promise.withResolvers();
    return sync.promise;
  }

  close(): void {
    this.closed++;
  }

  /** Resolves when the next sync has begun. */
  begun(): Promise<void> {
    return this.#begun.promise;
  }
}

Deno.test("commits that follow each other are synced together, and what comes later again", async () => {
  const file = new FakeFile();
  const log = new LogSync({ open: file.open, everyMs: 1 });
  for (let commit = 0; commit < 5; commit++) log.committed();
  await file.begun();
  assertEquals(file.syncs.length, 1);
  log.committed();
  log.committed();
  const next = file.begun();
  file.syncs[0]?.resolve();
  await next;
  assertEquals({ syncs: file.syncs.length, opened: file.opened }, { syncs: 2, opened: 1 });
  file.syncs[1]?.resolve();
  await log.close();
});

Deno.test("a log to which nothing was written is not opened", async () => {
  const file = new FakeFile();
  const log = new LogSync({ open: file.open, everyMs: 0 });
  await log.close();
  log.committed();
  assertEquals([file.opened, file.syncs.length, file.closed], [0, 0, 0]);
});

Deno.test("a sync that failed is told until one succeeds", async () => {
  const file = new FakeFile();
  const log = new LogSync({ open: file.open, everyMs: 1 });
  log.check();
  log.committed();
  await file.begun();
  const second = file.begun();
  log.committed();
  file.syncs[0]?.reject(new Error("the disk is gone"));
  await second;
  assertThrows(() => log.check(), StoreError, "the disk is gone");
  file.syncs[1]?.resolve();
  await log.close();
  log.check();
});

Deno.test("closing waits for the sync that is under way", async () => {
  const file = new FakeFile();
  const log = new LogSync({ open: file.open, everyMs: 1 });
  log.committed();
  await file.begun();
  const closing = log.close();
  assertEquals(file.closed, 0);
  file.syncs[0]?.resolve();
  await closing;
  await log.close();
  assertEquals(file.closed, 1);
});

Deno.test("a log that cannot be opened is left to SQLite, and tried again", async () => {
  const file = new FakeFile();
  const refused = Promise.withResolvers<void>();
  let tries = 0;
  const log = new LogSync({
    everyMs: 1,
    open() {
      if (++tries > 1) return file.open();
      refused.resolve();
      return Promise.reject(new Error("too many open files"));
    },
  });
  log.committed();
  await refused.promise;
  const begun = file.begun();
  while (tries === 1) {
    log.committed();
    await new Promise((resolve) => setTimeout(resolve));
  }
  await begun;
  log.check();
  file.syncs[0]?.resolve();
  await log.close();
});
