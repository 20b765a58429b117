import { assert, assertEquals, assertMatch, assertObjectMatch, assertRejects } from "@std/assert";
import { delay } from "@std/async/delay";
import { DatabaseSync } from "node:sqlite";
import { Client, type Said } from "../../chat/chat_client.ts";
import { type ServerProcess, startProcess } from "../../chat/server_process.ts";
import { LOCKED_PATIENCE_MS } from "../../../actors/writing.ts";
import { openSqlite } from "../../../store/sqlite.ts";
import { StoreError } from "../../../store/store.ts";
import { ALICE, room, say } from "../../../store/suite.ts";
import { STALL_MS, until } from "../../patience.ts";
import { noTracing, traceSyncs } from "./tracer.ts";
import { percentile } from "./vitals.ts";

const untraced = await noTracing();
if (untraced !== undefined) console.log(`  the tests with strace are skipped: ${untraced}`);
const traced = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name, ignore: untraced !== undefined, fn });

/** How long a slow disk takes. */
const SYNC_MS = 300;

/** A folder of a test's own, removed after it. */
async function temporary(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const startOn = (folder: string, ...flags: string[]) =>
  startProcess(["--store", `sqlite:${folder}/hubbub.db`, "--rate", "0", ...flags]);
const startFull = (folder: string) => startOn(folder, "--durability", "full");

/** Contents of the lobby, oldest first. */
async function contents(client: Client): Promise<string[]> {
  const { messages } = await client.ask({ type: "history", room: "lobby", limit: 200 });
  return messages.map(({ content }: Said) => content);
}

async function status({ http }: ServerProcess, path: string): Promise<number> {
  const response = await fetch(`${http}${path}`);
  await response.body?.cancel();
  return response.status;
}

/** Waits until the server says it is ready. */
async function ready(server: ServerProcess): Promise<void> {
  await until("it to be ready again", async () => await status(server, "/readyz") === 200);
}

traced(
  "with full durability every acknowledged commit is one fsync at least",
  () =>
    temporary(async (folder) => {
      await using server = await startFull(folder);
      await using alice = await Client.connect(server, "Alice");
      await alice.join("lobby");
      await alice.say("lobby", "the room is made");
      await using tracer = await traceSyncs(server.pid);
      const before = tracer.syncs();
      const syncs = () => tracer.syncs() - before;
      const commits = 30;
      // Each waits for its answer, so no two share a commit.
      for (let count = 1; count <= commits; count++) {
        assertEquals((await alice.say("lobby", `m${count}`)).type, "sent");
        // What strace writes may come a moment later than the answer.
        await until(`${count} syncs`, () => syncs() >= count);
      }
    }),
);

traced(
  "with normal durability what was acknowledged is synced soon after, and a disk that cannot shows",
  () =>
    temporary(async (folder) => {
      await using server = await startOn(folder);
      await using alice = await Client.connect(server, "Alice");
      await alice.join("lobby");
      {
        await using tracer = await traceSyncs(server.pid);
        const before = tracer.syncs();
        assertEquals((await alice.say("lobby", "kept")).type, "sent");
        await until("it to be synced", () => tracer.syncs() > before);
      }
      {
        await using _tracer = await traceSyncs(server.pid, "error=EIO");
        assertEquals((await alice.say("lobby", "in the system's hands")).type, "sent");
        await until("it to be not ready", async () => await status(server, "/readyz") === 503);
        assertEquals(await status(server, "/healthz"), 200);
      }
      await ready(server);
    }),
);

traced(
  "an fsync that fails is never acknowledged, makes the server not ready, and is got over",
  () =>
    temporary(async (folder) => {
      await using server = await startFull(folder);
      await using alice = await Client.connect(server, "Alice");
      await alice.join("lobby");
      await alice.say("lobby", "before");
      {
        await using _tracer = await traceSyncs(server.pid, "error=EIO");
        const refused = await alice.say("lobby", "lost", { key: "lost" });
        assertObjectMatch(refused, { type: "error", code: "unavailable" });
        assertEquals(await status(server, "/readyz"), 503);
        assertEquals(await status(server, "/healthz"), 200);
        assertEquals((await contents(alice))[0], "before");
      }
      await ready(server);
      const sent = await alice.say("lobby", "after", { key: "after" });
      assertEquals(sent.type, "sent");
      await server.kill();
      await using again = await startFull(folder);
      await using reader = await Client.connect(again);
      const kept = await contents(reader);
      assertEquals([kept[0], kept.at(-1)], ["before", "after"]);
      // What was not acknowledged may be there or not, once at most.
      assert(kept.length <= 3, kept.join());
    }),
);

traced(
  "a disk that takes 300 ms to sync makes answers late, not connections dead",
  () =>
    temporary(async (folder) => {
      await using server = await startFull(folder);
      await using alice = await Client.connect(server, "Alice");
      await using bob = await Client.connect(server, "Bob");
      for (const client of [alice, bob]) await client.join("lobby");
      await using tracer = await traceSyncs(server.pid, `delay_exit=${SYNC_MS * 1_000}`);
      const startMs = performance.now();
      const saying = (async () => {
        for (let count = 0; count < 8; count++) {
          await Promise.all(
            Array.from({ length: 10 }, (_, index) => alice.say("lobby", `m${count}-${index}`)),
          );
        }
      })();
      const pings: number[] = [];
      let done = false;
      saying.finally(() => done = true);
      while (!done) {
        const askedMs = performance.now();
        assertEquals((await bob.ask({ type: "ping" })).type, "pong");
        pings.push(performance.now() - askedMs);
      }
      await saying;
      const tookMs = performance.now() - startMs;
      await bob.sync();
      const said = bob.all("message").length;
      assertEquals(said, 80);
      // What waits shares a commit, which syncs its log once; a checkpoint, now and then, a few times.
      const syncs = tracer.syncs();
      assert(syncs < said / 2, `${syncs} syncs`);
      // A ping waits for the commit under way, not for all that are to come.
      assert(pings.length > syncs / 3, `${pings.length} pings were answered beside ${syncs} syncs`);
      console.log(
        `  ${syncs} syncs in ${tookMs.toFixed(0)} ms; ${pings.length} pings of another client, ` +
          `the slowest in ${Math.max(...pings).toFixed(0)} ms`,
      );
    }),
);

const untested = await cannotMount();
if (untested !== undefined) console.log(`  the test with a full disk is skipped: ${untested}`);

Deno.test({
  name:
    "a full disk is `unavailable`: nothing acknowledged is missing, reads work, and it recovers",
  ignore: untested !== undefined,
  fn: () =>
    temporary(async (folder) => {
      await mount(folder, "8m");
      try {
        const args = ["--store", `sqlite:${folder}/hubbub.db`, "--rate", "0"];
        let acknowledged = 0;
        {
          await using server = await startProcess(args);
          await using alice = await Client.connect(server, "Alice");
          await alice.join("lobby");
          const filler = `${folder}/filler`;
          await Deno.writeFile(filler, new Uint8Array(4 * 1024 * 1024));
          let refused: Said | undefined;
          while (refused === undefined) {
            const content = "x".repeat(4_000);
            const replies = Array.from({ length: 20 }, () => alice.say("lobby", content));
            for (const reply of await Promise.all(replies)) {
              if (reply.type === "sent") acknowledged++;
              else refused = reply;
            }
            assert(acknowledged < 4_000, "the disk does not fill");
          }
          assertEquals(refused.code, "unavailable");
          assert(acknowledged > 0);
          assertEquals((await contents(alice)).length, Math.min(200, acknowledged));
          assertEquals(await status(server, "/healthz"), 200);
          await Deno.remove(filler);
          await ready(server);
          assertEquals((await alice.say("lobby", "there is room again")).type, "sent");
          assertEquals(await server.stop(), 0);
        }
        await using server = await startProcess(args);
        await using reader = await Client.connect(server);
        const joined = await reader.join("lobby");
        // Each was acknowledged or refused as a whole: the sequence has no hole and no surplus.
        assertEquals(joined.seq, acknowledged + 1);
        assertEquals((await contents(reader)).at(-1), "there is room again");
      } finally {
        await run("umount", "-l", folder);
      }
    }),
});

Deno.test({
  name:
    "on a full disk a server that was stopped does not start, says why, and does when there is room",
  ignore: untested !== undefined,
  fn: () =>
    temporary(async (folder) => {
      await mount(folder, "4m");
      try {
        {
          await using server = await startOn(folder);
          await using alice = await Client.connect(server, "Alice");
          await alice.join("lobby");
          assertEquals((await alice.say("lobby", "kept")).type, "sent");
          assertEquals(await server.stop(), 0);
        }
        const filler = `${folder}/filler`;
        await assertRejects(() => Deno.writeFile(filler, new Uint8Array(8 * 1024 * 1024)));
        const refused = await assertRejects(() => startOn(folder), Error);
        assertMatch(refused.message, /^the server ended: hubbub: .*\/hubbub\.db: .* full\n$/);
        await Deno.remove(filler);
        await using server = await startOn(folder);
        await using reader = await Client.connect(server);
        assertEquals(await contents(reader), ["kept"]);
      } finally {
        await run("umount", "-l", folder);
      }
    }),
});

Deno.test({
  name: "a backup that the disk has no room for leaves nothing there",
  ignore: untested !== undefined,
  fn: () =>
    temporary(async (folder) => {
      const full = await Deno.makeTempDir();
      await mount(full, "1m");
      const store = await openSqlite({ path: `${folder}/hubbub.db`, durability: "normal" });
      try {
        const lobby = await room(store);
        // More than SQLite holds in memory of what it writes.
        for (let count = 0; count < 1_500; count++) {
          await say(store, lobby, ALICE, "x".repeat(4_000));
        }
        const error = await assertRejects(() => store.backup(`${full}/copy.db`), StoreError);
        assertEquals([error.failure, [...Deno.readDirSync(full)]], ["full", []]);
      } finally {
        await store.close();
        await run("umount", "-l", full);
        await Deno.remove(full);
      }
    }),
});

Deno.test("a lock held by another process delays writes within bounds and freezes nothing", () =>
  temporary(async (folder) => {
    await using server = await startProcess([
      "--store",
      `sqlite:${folder}/hubbub.db`,
      "--rate",
      "0",
    ]);
    await using alice = await Client.connect(server, "Alice");
    await using bob = await Client.connect(server, "Bob");
    await alice.join("lobby");
    await alice.say("lobby", "before");
    const other = new DatabaseSync(`${folder}/hubbub.db`);
    try {
      // Shorter than the archive's patience: late, and kept.
      other.exec("BEGIN IMMEDIATE");
      const waiting = alice.say("lobby", "while locked");
      const pings: number[] = [];
      for (const startMs = performance.now(); performance.now() - startMs < 500;) {
        const askedMs = performance.now();
        await bob.ask({ type: "ping" });
        assertEquals(await contents(bob), ["before"]);
        pings.push(performance.now() - askedMs);
        await delay(5);
      }
      // Half of them: a busy machine has pauses of its own.
      const half = percentile(pings, 0.5);
      assert(half < 250, `half of the reads took more than ${half} ms`);
      other.exec("ROLLBACK");
      assertEquals((await waiting).type, "sent");
      // Longer: refused by name, in bounded time.
      other.exec("BEGIN IMMEDIATE");
      const startMs = performance.now();
      assertObjectMatch(await alice.say("lobby", "too long"), { code: "unavailable" });
      assert(performance.now() - startMs < LOCKED_PATIENCE_MS + STALL_MS);
      assertEquals(await status(server, "/readyz"), 503);
      other.exec("ROLLBACK");
    } finally {
      other.close();
    }
    await ready(server);
    assertEquals((await alice.say("lobby", "after")).type, "sent");
    assertEquals(await contents(bob), ["before", "while locked", "after"]);
  }));

for (const [what, damage] of [["cut", cut], ["flipped", flip]] as const) {
  Deno.test(`a write-ahead log whose end is ${what} costs only its end: the clean prefix is served`, () =>
    temporary(async (folder) => {
      const store = `sqlite:${folder}/hubbub.db`;
      const said = Array.from({ length: 100 }, (_, index) => `m${index}`);
      {
        await using server = await startProcess(["--store", store, "--rate", "0"]);
        await using alice = await Client.connect(server, "Alice");
        await alice.join("lobby");
        for (const content of said) assertEquals((await alice.say("lobby", content)).type, "sent");
        await server.kill();
      }
      await damage(`${folder}/hubbub.db-wal`);
      await using server = await startProcess(["--store", store]);
      await using reader = await Client.connect(server);
      const kept = await contents(reader);
      assert(kept.length > 10 && kept.length < said.length, `${kept.length} are kept`);
      assertEquals(kept, said.slice(0, kept.length));
      assertEquals((await reader.say("lobby", "goes on")).code ?? "ok", "not_member");
      await reader.join("lobby");
      assertEquals((await reader.say("lobby", "goes on")).seq, kept.length + 1);
    }));
}

/** Takes the last third away, in the middle of a frame. */
async function cut(path: string): Promise<void> {
  const { size } = await Deno.stat(path);
  await Deno.truncate(path, Math.floor(size * 2 / 3) + 17);
}

/** One bit in the middle. */
async function flip(path: string): Promise<void> {
  const bytes = await Deno.readFile(path);
  const at = Math.floor(bytes.length * 2 / 3);
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  await Deno.writeFile(path, bytes);
}

async function cannotMount(): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "tmpfs is Linux's";
  const folder = await Deno.makeTempDir();
  try {
    await mount(folder, "1m");
    await run("umount", folder);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function mount(folder: string, size: string): Promise<void> {
  await run("mount", "-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder);
}

async function run(program: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, {
    args,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim());
}
