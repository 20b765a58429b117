import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import type { Connection, MysqlAddress } from "../../store/mysql/connection.ts";
import { openMysql } from "../../store/mysql/mysql.ts";
import { raw } from "../../store/mysql/sql.ts";
import { type Store, StoreError } from "../../store/store.ts";
import { act, ALICE, room, text } from "../../store/suite.ts";
import { until } from "../patience.ts";
import { beside, test, withServer } from "./database_server.ts";

withServer();

const TIMEOUT_MS = 30_000;
const POLL_MS = 5;
/** As store/mysql/database.ts has it. */
const WAITERS_MAX = 1_000;
/** Twice its patience, by a timer of this process: while it stands still, that of the store does. */
const ANSWERED_WITHIN_MS = 2 * 4_500;

async function status(other: Connection, name: string): Promise<number> {
  const [row] = await other.rows<{ Value: string }>(
    raw(`SHOW GLOBAL STATUS LIKE '${name}'`),
    TIMEOUT_MS,
  );
  return Number(row?.Value);
}

async function withStore(
  address: MysqlAddress,
  connections: number,
  run: (store: Store) => Promise<void>,
): Promise<void> {
  const store = await openMysql({ ...address, connections });
  try {
    await run(store);
  } finally {
    await store.close();
  }
}

test("a node never has more connections than its pool, whatever is asked of it", (address) =>
  beside(address, async (other) => {
    // Those of the tests before end in their own time.
    while (await status(other, "Threads_connected") > 1) await delay(POLL_MS);
    await withStore(address, 6, async (store) => {
      const lobby = await room(store);
      await other.run(raw("FLUSH STATUS"), TIMEOUT_MS);
      await Promise.all(Array.from({ length: 400 }, async (_, i) => {
        if (i % 4 === 0) await act(store, lobby, ALICE, text(`${i}`));
        else if (i % 4 === 1) await store.markRead(lobby.id, ALICE, i);
        else await store.history(lobby.id, { limit: 5 });
      }));
      const most = await status(other, "Max_used_connections");
      assert(most <= 7, `${most} connections with this test's own`);
      assert(most >= 4, "the pool was not used");
    });
  }));

test("as many wait as there is room for, the others hear at once, and all within seconds", (address) =>
  beside(address, (other) =>
    withStore(address, 3, async (store) => {
      const lobby = await room(store);
      await other.run(raw("LOCK TABLES rooms WRITE"), TIMEOUT_MS);
      const asked = WAITERS_MAX + 10;
      const order: ("refused" | "given up")[] = [];
      const all = Promise.all(Array.from({ length: asked }, async () => {
        try {
          await store.room(lobby.id);
        } catch (error) {
          assert(error instanceof StoreError && error.failure === "unreachable", String(error));
          order.push(error.message.includes("too many wait") ? "refused" : "given up");
        }
      }));
      await deadline(all, ANSWERED_WITHIN_MS);
      // One has the only connection for reads.
      const surplus = asked - WAITERS_MAX - 1;
      assertEquals(order.filter((end) => end === "refused").length, surplus);
      assertEquals(
        order.lastIndexOf("refused"),
        surplus - 1,
        "who is one too many waits for nobody",
      );
      await other.run(raw("UNLOCK TABLES"), TIMEOUT_MS);
      // It was away, so that nobody waits for it long at first.
      const isBack = () => store.room(lobby.id).then((room) => room?.name === "lobby", () => false);
      await until("it to answer again", isBack);
    })));
