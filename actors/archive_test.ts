import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type Append,
  type Appended,
  type LogRow,
  type Store,
  StoreError,
  type UserRef,
} from "../store/store.ts";
import {
  type AppendedMessage,
  archive,
  ARCHIVE_BOUND,
  ArchiveBusy,
  type ArchiveMessage,
  writeThrough,
} from "./archive.ts";
import { LOCKED_PATIENCE_MS } from "./writing.ts";
import { FakeRef } from "./fake_ref.ts";
import { Gate } from "./fake_store.ts";
import { FakeSystem } from "./fake_system.ts";

const ALICE: UserRef = { id: "alice", name: "alice", guest: true };
/** Longer than any pause before indexing. */
const LATER_MS = 10_000;

/** Writes down what is asked of it; `fails` is thrown by whatever comes next. */
class LoggingStore {
  readonly calls: string[] = [];
  readonly gate = new Gate();
  fails: (() => Error) | undefined;
  indexLeft = 0;
  #seq = 0;

  append(batch: readonly Append[], _at: number): Promise<readonly Appended[]> {
    const said = batch.map(({ op }) => op.type === "message" ? op.content : op.type);
    return this.#do(
      `append ${said.join(" ")}`,
      () =>
        batch.map(({ op }, index): Appended =>
          op.type === "message" && op.content.startsWith("no")
            ? { refused: "stranger_limit", message: "no" }
            : { row: row(++this.#seq, said[index] ?? ""), duplicate: false }
        ),
    );
  }

  markRead(_room: number, _user: UserRef, seq: number): Promise<number> {
    return this.#do(`markRead ${seq}`, () => seq);
  }

  index(): Promise<boolean> {
    return this.#do("index", () => --this.indexLeft > 0);
  }

  async #do<T>(call: string, work: () => T): Promise<T> {
    await this.gate.pass(undefined);
    this.calls.push(call);
    if (this.fails) throw this.fails();
    return work();
  }
}

function row(seq: number, content: string): LogRow {
  return { type: "message", room: 1, seq, at: 1, from: "alice", fromId: "alice", content };
}

function setUp() {
  const fake = new FakeSystem();
  const store = new LoggingStore();
  const failures: string[] = [];
  const commits: number[] = [];
  const ref = fake.system.spawn<ArchiveMessage>(
    "archive",
    archive({
      // Only these methods are called here.
      store: store as unknown as Store,
      onFailure: (_error, what) => failures.push(what),
      onCommit: (rows) => commits.push(rows),
    }),
    { bound: ARCHIVE_BOUND },
  );
  const append = (hub: FakeRef<AppendedMessage>, ...contents: string[]) => {
    const items = contents.map((content) => ({
      append: { room: 1, by: ALICE, op: { type: "message", content } as const },
      origin: undefined,
    }));
    assert(ref.tell({ type: "append", items, hub }));
  };
  return { fake, clock: fake.clock, store, failures, commits, ref, append };
}

function outcomes(hub: FakeRef<AppendedMessage>): (number | string)[] {
  return hub.told.flatMap(({ done }) =>
    done.map(({ result }) =>
      "refused" in result ? result.refused : result.row ? result.row.seq : "unchanged"
    )
  );
}

const locked = () => new StoreError("locked", "another process has it");

Deno.test("all appends that wait are one commit, and each hub gets its rows in their order", async () => {
  const { fake, store, commits, ref, append } = setUp();
  const [a, b] = [new FakeRef<AppendedMessage>("a"), new FakeRef<AppendedMessage>("b")];
  append(a, "1", "2");
  append(b, "3");
  append(a, "4");
  await fake.settle();
  assertEquals(store.calls, ["append 1 2 3 4"]);
  assertEquals(commits, [4]);
  assertEquals([outcomes(a), outcomes(b)], [[1, 2, 4], [3]]);
  assertEquals(a.told[0]?.at, fake.clock.now());
  await ref.stop();
});

Deno.test("nobody hears of an append before it is committed; the next group gathers meanwhile", async () => {
  const { fake, store, ref, append } = setUp();
  const hub = new FakeRef<AppendedMessage>();
  store.gate.close();
  append(hub, "1");
  await fake.settle();
  append(hub, "2");
  append(hub, "3");
  await fake.settle();
  assertEquals(hub.told, []);
  store.gate.open();
  await fake.settle();
  assertEquals(store.calls, ["append 1", "append 2 3"]);
  assertEquals(outcomes(hub), [1, 2, 3]);
  await ref.stop();
});

Deno.test("a refusal is its item's alone", async () => {
  const { fake, ref, append } = setUp();
  const hub = new FakeRef<AppendedMessage>();
  append(hub, "1", "no", "2");
  await fake.settle();
  assertEquals(outcomes(hub), [1, "stranger_limit", 2]);
  await ref.stop();
});

Deno.test("what a failing store did not take is refused as unavailable, and the next is tried", async () => {
  const { fake, store, failures, commits, ref, append } = setUp();
  const hub = new FakeRef<AppendedMessage>();
  store.fails = () => new StoreError("full", "the disk is full");
  append(hub, "1", "2");
  await fake.settle();
  assertEquals(outcomes(hub), ["unavailable", "unavailable"]);
  assertEquals({ failures, commits }, { failures: ["commit of 2 events"], commits: [] });
  store.fails = undefined;
  append(hub, "3");
  await fake.settle();
  assertEquals(outcomes(hub), ["unavailable", "unavailable", 1]);
  assertEquals(fake.failures, [], "the archive itself must not fail");
  await ref.stop();
});

Deno.test("a locked store is tried again until the lock is gone", async () => {
  const { fake, clock, store, ref, append } = setUp();
  const hub = new FakeRef<AppendedMessage>();
  store.fails = locked;
  append(hub, "1");
  for (let passedMs = 0; passedMs < LOCKED_PATIENCE_MS / 2; passedMs += 100) {
    await fake.advance(100);
  }
  assertEquals(hub.told, []);
  store.fails = undefined;
  await fake.advance(100);
  assertEquals(outcomes(hub), [1]);
  await ref.stop();
  assertEquals(clock.pending, 0);
});

Deno.test("all that waits for a locked store is refused when one patience is over", async () => {
  const { fake, clock, store, ref, append } = setUp();
  const hub = new FakeRef<AppendedMessage>();
  store.fails = locked;
  append(hub, "1");
  const marks = [1, 2, 3].map((seq) =>
    assertRejects(() => writeThrough(ref, (store) => store.markRead(1, ALICE, seq)), StoreError)
  );
  append(hub, "2");
  for (let passedMs = 0; passedMs <= LOCKED_PATIENCE_MS; passedMs += 50) await fake.advance(50);
  assertEquals(outcomes(hub), ["unavailable", "unavailable"]);
  await Promise.all(marks);
  assertEquals(clock.pending, 1, "only the indexing waits");
  await ref.stop();
});

Deno.test("a lock that comes later has its own patience", async () => {
  const { fake, store, ref, append } = setUp();
  const hub = new FakeRef<AppendedMessage>();
  store.fails = locked;
  append(hub, "1");
  for (let passedMs = 0; passedMs <= LOCKED_PATIENCE_MS; passedMs += 100) await fake.advance(100);
  assertEquals(outcomes(hub), ["unavailable"]);
  store.indexLeft = 0;
  await fake.advance(2 * LOCKED_PATIENCE_MS);
  append(hub, "2");
  await fake.advance(100);
  assertEquals(outcomes(hub), ["unavailable"], "it was refused at the first try");
  store.fails = undefined;
  await fake.advance(100);
  assertEquals(outcomes(hub), ["unavailable", 1]);
  await ref.stop();
});

Deno.test("what was told before the store was found away is refused with it, not tried one by one", async () => {
  const { fake, store, failures, ref, append } = setUp();
  const hub = new FakeRef<AppendedMessage>();
  const mark = (seq: number) => writeThrough(ref, (store) => store.markRead(1, ALICE, seq));
  store.fails = () => new StoreError("unreachable", "the database is away");
  store.gate.close();
  append(hub, "1");
  await fake.settle();
  // Told while the store takes its time to fail.
  const refused = [1, 2].map((seq) => assertRejects(() => mark(seq), StoreError, "away"));
  append(hub, "2");
  refused.push(assertRejects(() => mark(3), StoreError, "away"));
  store.gate.open();
  await fake.settle();
  await Promise.all(refused);
  assertEquals(outcomes(hub), ["unavailable", "unavailable"]);
  assertEquals([store.calls, failures.length], [["append 1"], 1]);
  // Whoever comes afterwards is tried.
  store.fails = undefined;
  assertEquals(await mark(4), 4);
  append(hub, "3");
  await fake.settle();
  assertEquals(outcomes(hub).length, 3);
  assertEquals(store.calls, ["append 1", "markRead 4", "append 3"]);
  await ref.stop();
});

Deno.test("other writes keep their place between the appends", async () => {
  const { fake, store, ref, append } = setUp();
  const hub = new FakeRef<AppendedMessage>();
  append(hub, "1");
  append(hub, "2");
  const marked = writeThrough(ref, (store) => store.markRead(1, ALICE, 2));
  append(hub, "3");
  await fake.settle();
  assertEquals(store.calls, ["append 1 2", "markRead 2", "append 3"]);
  assertEquals(await marked, 2);
  await ref.stop();
});

Deno.test("a write that fails tells who asked, and the next goes on", async () => {
  const { fake, store, ref } = setUp();
  store.fails = () => new StoreError("io", "cannot be written");
  const failed = assertRejects(
    () => writeThrough(ref, (store) => store.markRead(1, ALICE, 1)),
    StoreError,
    "cannot be written",
  );
  await fake.settle();
  await failed;
  store.fails = undefined;
  assertEquals(await writeThrough(ref, (store) => store.markRead(1, ALICE, 2)), 2);
  await ref.stop();
});

Deno.test("one write too many is refused as busy at once", async () => {
  const { fake, store, ref } = setUp();
  store.gate.close();
  const marks = Array.from(
    { length: ARCHIVE_BOUND },
    () => writeThrough(ref, (store) => store.markRead(1, ALICE, 1)),
  );
  await assertRejects(
    () => writeThrough(ref, (store) => store.markRead(1, ALICE, 1)),
    ArchiveBusy,
  );
  store.gate.open();
  await fake.settle();
  await Promise.all(marks);
  await ref.stop();
});

Deno.test("a busy hub is waited for: what is committed is not dropped on the way back", async () => {
  const { fake, ref, append } = setUp();
  const hub = new FakeRef<AppendedMessage>();
  hub.bound = 0;
  append(hub, "1");
  await fake.settle();
  hub.bound = 1;
  hub.take();
  await fake.settle();
  assertEquals(outcomes(hub), [1]);
  await ref.stop();
});

Deno.test("a hub that has ended holds nobody up", async () => {
  const { fake, ref, append } = setUp();
  const [ended, other] = [new FakeRef<AppendedMessage>(), new FakeRef<AppendedMessage>()];
  append(ended, "1");
  append(other, "2");
  void ended.stop();
  await fake.settle();
  assertEquals(outcomes(other), [2]);
  await ref.stop();
});

Deno.test("indexing for search is never on a commit's way, and goes on until nothing is left", async () => {
  const { fake, clock, store, ref, append } = setUp();
  const hub = new FakeRef<AppendedMessage>();
  store.indexLeft = 3;
  append(hub, "1");
  await fake.settle();
  assertEquals(store.calls, ["append 1"]);
  for (let step = 0; step < 5; step++) await fake.advance(LATER_MS);
  assertEquals(store.calls, ["append 1", "index", "index", "index"]);
  assertEquals(clock.pending, 0, "there is nothing to wait for");
  append(hub, "2");
  await fake.settle();
  assertEquals(clock.pending, 1);
  await ref.stop();
  assertEquals(clock.pending, 0);
});

Deno.test("indexing that fails waits for the next commit and harms nobody", async () => {
  const { fake, store, failures, ref, append } = setUp();
  const hub = new FakeRef<AppendedMessage>();
  append(hub, "1");
  await fake.settle();
  store.fails = () => new StoreError("io", "cannot be read");
  await fake.advance(LATER_MS);
  store.fails = undefined;
  append(hub, "2");
  await fake.advance(LATER_MS);
  assertEquals(failures, ["indexing for search"]);
  assertEquals(store.calls, ["append 1", "index", "append 2", "index"]);
  await ref.stop();
});

Deno.test("what is queued when it is stopped is committed first", async () => {
  const { ref, store, append } = setUp();
  const hub = new FakeRef<AppendedMessage>();
  append(hub, "1");
  await ref.stop();
  assertEquals(store.calls, ["append 1"]);
  assertEquals(outcomes(hub), [1]);
});
