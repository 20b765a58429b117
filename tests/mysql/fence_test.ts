import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async/delay";
import { join } from "node:path";
import { Client, TextClient } from "../chat/chat_client.ts";
import { type LivedIn, livedIn } from "../cli/migration.ts";
import { run, start } from "../cli/program.ts";
import { DATABASE_PROGRAMS, startDatabase } from "../../backends/database.ts";
import { missingPrograms } from "../../backends/program.ts";
import { Connection } from "../../store/mysql/connection.ts";
import { openMysql } from "../../store/mysql/mysql.ts";
import { raw } from "../../store/mysql/sql.ts";
import { type Store, StoreError } from "../../store/store.ts";
import { ALICE, say } from "../../store/suite.ts";
import { openSqliteSource } from "../../store/transfer/sqlite_source.ts";
import { failure, pour } from "../../store/transfer/fake_transfer.ts";
import { mysqlTargetAt } from "../../store/transfer/mysql_target.ts";
import { addressOf } from "./address.ts";
import { disconnect } from "./disconnect.ts";

/** A node whose database was filled by `hubbub migrate` while it was connected to nothing. */

const ignore = missingPrograms(...DATABASE_PROGRAMS).length > 0;
const TIMEOUT_MS = 10_000;
const POLL_MS = 5;
const MESSAGES = 200;
const SHUT_OUT = "a store was moved into this database: start again";

const from = ({ path }: LivedIn) => () => openSqliteSource(join(path, "data", "hubbub.db"));

Deno.test({
  name: "a node that is shut out says unavailable and is not ready, and nothing is lost",
  ignore,
  async fn() {
    await using server = await startDatabase();
    await using folder = await livedIn(MESSAGES);
    const [cwd, address] = [folder.path, addressOf(server.url())];
    const serve = () => start(["--port", "0", "--store", server.url()], { cwd });
    {
      await using node = await serve();
      const http = await node.address();
      const ws = `${http.replace("http", "ws")}/ws`;
      // Connected, and nothing is asked of the store for them.
      await using speaker = await Client.connect({ ws }, "Grace");
      await using reader = await Client.connect({ ws }, "Hedy");
      await disconnect(address);
      const moved = await run(["migrate", "sqlite:data/hubbub.db", server.url()], { cwd });
      assertEquals(moved.code, 0, moved.stderr);

      // What it is asked first it may answer from the new store, but for what it must write.
      assertEquals((await speaker.ask({ type: "rooms" })).type, "rooms");
      await speaker.join("lobby");
      assertEquals((await speaker.say("lobby", "lost?", { key: "once" })).code, "unavailable");
      assertEquals(await status(`${http}/readyz`), 503);
      assertEquals(await status(`${http}/healthz`), 200);
      for (
        const command of [
          { type: "join", room: "lobby" },
          { type: "history", room: "lobby" },
          { type: "read", room: "lobby", seq: 1 },
          { type: "create", room: "mine", kind: "group" },
        ]
      ) assertEquals((await reader.ask(command)).code, "unavailable", command.type);
      assertEquals(
        (await speaker.ask({ type: "read", room: "lobby", seq: 1 })).code,
        "unavailable",
      );
      const late = Client.open({ ws }, { name: "Ida" });
      assertEquals([(await late.closed).code, late.said[0]?.code], [1013, "unavailable"]);
      await using text = new TextClient({ ws }, "?name=Joan");
      await text.opened;
      await text.line("! unavailable: the store does not answer now");
      assertStringIncludes(node.stderr(), SHUT_OUT);
      assertEquals(/unhandled|given up|starts again/.test(node.stderr()), false, node.stderr());
      node.kill("SIGTERM");
      assertEquals((await node.ended).code, 0);
    }
    await using node = await serve();
    const http = await node.address();
    assertEquals(await status(`${http}/readyz`), 200);
    await using client = await Client.connect({ ws: `${http.replace("http", "ws")}/ws` }, "Grace");
    const { seq } = await client.join("lobby");
    const sent = await client.say("lobby", "lost?", { key: "once" });
    assertEquals([sent.type, sent.seq, sent.duplicate], ["sent", seq + 1, undefined]);
    const { messages } = await client.ask({ type: "history", room: "lobby", limit: 2 });
    assertEquals(messages.map(({ content }: { content: string }) => content), [
      "said before",
      "lost?",
    ]);
  },
});

Deno.test({
  name:
    "a node that nobody writes through finds out that it is shut out when it is asked for ready",
  ignore,
  async fn() {
    await using server = await startDatabase();
    await using folder = await livedIn(MESSAGES);
    const address = addressOf(server.url());
    await using opening = await opened(address);
    const node = opening.store;
    await node.probe();
    await disconnect(address);
    await pour(from(folder), mysqlTargetAt(address));
    await refused(() => node.probe());
    // From then on nothing else is done either, whatever it is.
    await refused(() => node.room(1));
    await refused(() => node.markRead(1, ALICE, 1));
    await refused(() => node.createSession({ id: "x", user: "x", createdAt: 1, expiresAt: 2 }));
    await refused(() => node.index(1));
  },
});

Deno.test({
  name:
    "what a node commits while a migration begins is kept: the migration is refused, not the node",
  ignore,
  async fn() {
    await using server = await startDatabase();
    await using folder = await livedIn(MESSAGES);
    const address = addressOf(server.url());
    await using opening = await opened(address);
    const node = opening.store;
    // Where a migration that looks who is connected to its database does not see it.
    const other = await Connection.open({ ...address, database: "mysql" }, TIMEOUT_MS);
    const ask = <R>(sql: string) => other.rows<R>(raw(sql), TIMEOUT_MS);
    try {
      await disconnect(address);
      // As a node's transaction does: its row first, then what it has to write.
      await ask("START TRANSACTION");
      await ask("SELECT done FROM hubbub.writers FOR UPDATE");
      await ask(`INSERT INTO hubbub.users (id, name, guest, created_at, seen_at)
        VALUES ('grace', 'Grace', 1, 1, 1)`);
      const pouring = failure(() => pour(from(folder), mysqlTargetAt(address)));
      const waits = `SELECT 1 FROM information_schema.processlist
        WHERE db = 'hubbub' AND info LIKE 'UPDATE writers%'`;
      while ((await ask(waits)).length === 0) await delay(POLL_MS);
      await ask("COMMIT");
      assertEquals((await pouring).failure, "target_used");
      assertEquals(await ask("SELECT name FROM hubbub.users"), [{ name: "Grace" }]);
      await wrote(node);
      await using again = await opened(address);
      await wrote(again.store);
    } finally {
      await other.close();
    }
  },
});

async function status(url: string): Promise<number> {
  const answer = await fetch(url);
  await answer.body?.cancel();
  return answer.status;
}

async function refused(work: () => Promise<unknown>): Promise<void> {
  assertStringIncludes((await assertRejects(work, StoreError)).message, SHUT_OUT);
}

let rooms = 0;
async function wrote(store: Store): Promise<void> {
  const name = `room-${++rooms}`;
  const made = await store.createRoom({ name, canonical: name, kind: "public" }, 1);
  if ("refused" in made) throw new Error(made.message);
  assertEquals((await say(store, made.room, ALICE, "hello")).seq, 1);
}

async function opened(address: Parameters<typeof disconnect>[0]) {
  const store = await openMysql({ ...address, connections: 4 });
  return { store, [Symbol.asyncDispose]: () => store.close() };
}
