import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import { Connection, type MysqlAddress } from "../../store/mysql/connection.ts";
import { openMysql } from "../../store/mysql/mysql.ts";
import { raw } from "../../store/mysql/sql.ts";
import { type Store, StoreError } from "../../store/store.ts";
import { act, ALICE, BOB, group, item, log, room, say, text } from "../../store/suite.ts";
import type { BackendServer } from "../../backends/backend_server.ts";
import { startDatabase } from "../../backends/database.ts";
import { startProxy } from "../cluster/harness/tcp_proxy.ts";
import { PATIENCE_MS, STALL_MS } from "../patience.ts";
import { addressOf } from "./address.ts";
import { execute, isSkipped, test, withServer } from "./database_server.ts";

withServer();

/** Nobody waits longer for an answer than the patience that store/mysql/database.ts has. */
const PATIENCE_OF_STORE_MS = 4_500;
/**
 * Less than the 10 s that the driver waits of itself. Told by a timer of this process: while it
 * stands still, that of the store does, too.
 */
const ANSWERS_WITHIN_MS = 2 * PATIENCE_OF_STORE_MS;
const POLL_MS = 5;

async function withStore(
  address: MysqlAddress,
  run: (store: Store) => Promise<void>,
): Promise<void> {
  const store = await openMysql({ ...address, connections: 5 });
  try {
    await run(store);
  } finally {
    await store.close();
  }
}

/** A test with a server of its own, to which anything may be done. */
function testWithServer(
  name: string,
  run: (store: Store, server: BackendServer) => Promise<void>,
): void {
  Deno.test({
    name: `mysql: ${name}`,
    ignore: isSkipped,
    async fn() {
      await using server = await startDatabase();
      await withStore(addressOf(server.url()), (store) => run(store, server));
    },
  });
}

async function failsInTime(what: string, ask: () => Promise<unknown>): Promise<void> {
  const inTime = () => deadline(ask(), ANSWERS_WITHIN_MS);
  const error = await assertRejects(inTime, StoreError, "", `${what} was answered, or too late`);
  assertEquals(error.failure, "unreachable", `${what}: ${error.message}`);
}

/** What clients do while the database is away: all of it fails in time, and soon at once. */
async function nothingWorks(store: Store, where: number): Promise<void> {
  const asks: Record<string, () => Promise<unknown>> = {
    append: () => store.append([{ room: where, by: ALICE, op: text("lost?", { key: "k" }) }], 2),
    history: () => store.history(where, { limit: 10 }),
    search: () => store.search({ query: "hello", user: ALICE.id, limit: 5 }),
    conversations: () => store.conversations(ALICE.id),
    markRead: () => store.markRead(where, BOB, 1),
    ensureUser: () => store.ensureUser(BOB, "bob", 1),
    probe: () => store.probe(),
  };
  const outcomes = await Promise.allSettled(
    Object.entries(asks).map(([what, ask]) => failsInTime(what, ask)),
  );
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  // What comes one after the other does not add up.
  const startedMs = performance.now();
  for (const [what, ask] of Object.entries(asks)) await failsInTime(what, ask);
  const tookMs = performance.now() - startedMs;
  const allWithinMs = PATIENCE_OF_STORE_MS + STALL_MS;
  assert(tookMs < allWithinMs, `one after the other they took ${tookMs} ms`);
}

async function worksAgain(store: Store, where: number): Promise<void> {
  const startedMs = performance.now();
  let error: unknown;
  do {
    try {
      await store.probe();
      await store.append([{ room: where, by: ALICE, op: text("back") }], 3);
      error = undefined;
    } catch (thrown) {
      error = thrown;
      await delay(20);
    }
  } while (error !== undefined && performance.now() - startedMs < PATIENCE_MS);
  if (error !== undefined) throw error;
}

testWithServer(
  "a server killed with -9 costs nothing that was acknowledged",
  async (store, server) => {
    const team = await group(store, ALICE, BOB);
    const acknowledged: number[] = [];
    let stopped = false;
    const talking = (async () => {
      for (let i = 0; !stopped; i++) {
        const op = text(`${i}`, { key: `${i}` });
        const results = await store.append([item(team, ALICE, op)], 1).catch(() => []);
        for (const result of results) {
          if ("row" in result && result.row) acknowledged.push(result.row.seq);
        }
      }
    })();
    while (acknowledged.length <= 10) await delay(POLL_MS);
    await server.kill();
    stopped = true;
    await talking;
    await nothingWorks(store, team.id);
    await server.start();
    await worksAgain(store, team.id);
    const rows = await log(store, team);
    assertEquals(rows.map(({ seq }) => seq), rows.map((_, i) => i + 1));
    const there = new Set(rows.map(({ seq }) => seq));
    assertEquals(acknowledged.filter((seq) => !there.has(seq)), []);
    assertEquals(await store.check(false), []);
  },
);

testWithServer(
  "a server that stands still makes nobody wait long, and is used again when it goes on",
  async (store, server) => {
    const team = await group(store, ALICE, BOB);
    await Promise.all([1, 2, 3].map(() => store.history(team.id, { limit: 1 })));
    await server.freeze();
    try {
      const error = await assertRejects(() => store.history(team.id, { limit: 1 }), StoreError);
      assertMatch(error.message, /the database did not answer within 4500 ms$/);
      await nothingWorks(store, team.id);
    } finally {
      server.thaw();
    }
    await worksAgain(store, team.id);
    // What was given up may have been done all the same, but by its key only once.
    await act(store, team, ALICE, text("lost?", { key: "k" }));
    const rows = await log(store, team);
    assertEquals(rows.map(({ seq }) => seq), rows.map((_, i) => i + 1));
    assertEquals(rows.filter((row) => row.type === "message" && row.key === "k").length, 1);
    assertEquals(await store.check(false), []);
  },
);

test("a line that is back within the patience was never missed by who writes", async (address) => {
  await using line = startProxy({ hostname: address.host, port: address.port });
  await withStore({ ...address, host: line.hostname, port: line.port }, async (store) => {
    const lobby = await room(store);
    await say(store, lobby, ALICE, "before");
    line.cut();
    const saying = say(store, lobby, ALICE, "meanwhile");
    // It tried, and once more.
    while (line.refused < 2) await delay(POLL_MS);
    line.heal();
    assertEquals((await saying).seq, 2);
    assertEquals((await say(store, lobby, ALICE, "after")).seq, 3);
  });
});

async function status(address: MysqlAddress, name: string): Promise<number> {
  const [status] = await execute(address, `SHOW GLOBAL STATUS LIKE '${name}'`);
  assert(status, `the server does not count ${name}`);
  return Number(status["Value"]);
}

/** innodb_trx would say it, too, but who asks it more than ten times a second hears old news. */
const waits = (address: MysqlAddress) => status(address, "Innodb_row_lock_waits");

async function deadlocks(address: MysqlAddress): Promise<number> {
  const [metric] = await execute(
    address,
    "SELECT count AS n FROM information_schema.innodb_metrics WHERE name = 'lock_deadlocks'",
  );
  assert(metric, "the server does not count deadlocks");
  return Number(metric["n"]);
}

test("a deadlock is tried again", (address) =>
  withStore(address, async (store) => {
    const rooms = [await room(store, { name: "a" }), await room(store, { name: "b" })];
    const other = await Connection.open(address, PATIENCE_MS);
    const run = (statement: string) => other.run(raw(statement), PATIENCE_MS);
    try {
      await other.becomePatient(PATIENCE_MS);
      // A busy machine may let the lock's wait end first: then there was none, and again.
      for (let round = 1; await deadlocks(address) === 0; round++) {
        assert(round <= 20, "there was no deadlock");
        await run("START TRANSACTION");
        // The one who wrote more is let through.
        for (let i = 0; i < 50; i++) {
          await run(
            `INSERT INTO marks VALUES ('weight ${i}', 1) ON DUPLICATE KEY UPDATE value = ${round}`,
          );
        }
        await run(`UPDATE rooms SET topic = '${round}' WHERE id = ${rooms[1]!.id}`);
        const before = await waits(address);
        const appending = store.append(rooms.map((where) => item(where, ALICE, text("both"))), 1);
        // It waits for the other room, or has given up.
        const ended = appending.then(() => true, () => true);
        while (await waits(address) === before) {
          if (await Promise.race([ended, delay(POLL_MS)])) break;
        }
        await run(`UPDATE rooms SET topic = '${round}' WHERE id = ${rooms[0]!.id}`);
        await run("COMMIT");
        const seqs = (await appending).map((result) => "row" in result && result.row?.seq);
        assertEquals(seqs, [round, round]);
      }
    } finally {
      await other.close();
    }
  }));

test("a room that somebody else has locked fails in time, and is not written to later", (address) =>
  withStore(address, async (store) => {
    const lobby = await room(store);
    const other = await Connection.open(address, PATIENCE_MS);
    try {
      await other.becomePatient(PATIENCE_MS);
      await other.script(
        raw(`START TRANSACTION; SELECT id FROM rooms WHERE id = ${lobby.id} FOR UPDATE`),
        5_000,
      );
      await failsInTime("append", () => act(store, lobby, ALICE, text("never")));
      // Reads do not wait for it.
      assertEquals((await store.room(lobby.id))?.seq, 0);
    } finally {
      await other.close();
    }
    assertEquals((await say(store, lobby, ALICE, "now")).seq, 1);
  }));

test("who is refused by the server hears why, without a password", async (address) => {
  const refusal = (changed: Partial<MysqlAddress>) =>
    assertRejects(() => openMysql({ ...address, ...changed, connections: 3 }), StoreError);
  const wrong = await refusal({ password: "not-this-one" });
  assertEquals(wrong.failure, "unwritable");
  assert(/Access denied/.test(wrong.message) && !wrong.message.includes("not-this-one"));
  assertEquals((await refusal({ database: "nowhere" })).failure, "unwritable");
  assertEquals((await refusal({ port: 1 })).failure, "unreachable");
  const empty = await assertRejects(
    () => openMysql({ ...address, database: "information_schema", connections: 3 }),
    StoreError,
  );
  assert(["corrupt", "unwritable"].includes(empty.failure), empty.failure);
});

test("after close everything fails, and closing twice does not", async (address) => {
  const store = await openMysql({ ...address, connections: 3 });
  await store.close();
  await store.close();
  const error = await assertRejects(() => store.room(1), StoreError);
  assertEquals(error.failure, "other");
});
