import { assert, assertEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import type { MysqlAddress } from "../../store/mysql/connection.ts";
import { openMysql } from "../../store/mysql/mysql.ts";
import { type Store, StoreError } from "../../store/store.ts";
import { act, ALICE, contents, log, room, text } from "../../store/suite.ts";
import { type Proxy, startProxy } from "../cluster/harness/tcp_proxy.ts";
import { test, withServer } from "./database_server.ts";

withServer();

/** Which part of a commit is lost with the line: what is asked for, or what came of it. */
type Loss = "commit" | "answer";
const LOSSES: readonly Loss[] = ["commit", "answer"];

/** Cuts the line at the next commit when it is told to. */
class Cutter {
  readonly line: Proxy;
  cuts = 0;
  #loss: Loss | undefined;
  #staysCut = false;

  constructor({ host, port }: MysqlAddress) {
    let asked = false;
    this.line = startProxy(
      { hostname: host, port },
      () => (bytes) => {
        if (!asked) return [bytes];
        asked = false;
        this.#cut();
        return [];
      },
      () => (bytes) => {
        if (!this.#loss || !Buffer.from(bytes).toString("latin1").endsWith("COMMIT")) {
          return [bytes];
        }
        const isLost = this.#loss === "commit";
        this.#loss = undefined;
        if (isLost) {
          this.#cut();
          return [];
        }
        asked = true;
        return [bytes];
      },
    );
  }

  atNextCommit(loss: Loss, staysCut = false): void {
    this.#loss = loss;
    this.#staysCut = staysCut;
  }

  #cut(): void {
    this.cuts++;
    this.line.cut();
    if (!this.#staysCut) this.line.heal();
  }
}

async function throughCutter(
  address: MysqlAddress,
  run: (store: Store, cutter: Cutter) => Promise<void>,
): Promise<void> {
  const cutter = new Cutter(address);
  await using line = cutter.line;
  const store = await openMysql({
    ...address,
    host: line.hostname,
    port: line.port,
    connections: 4,
  });
  try {
    await run(store, cutter);
  } finally {
    await store.close();
  }
}

for (const loss of LOSSES) {
  const what = loss === "commit" ? "before it reached the server" : "and with it the answer";
  test(`a line cut at COMMIT, ${what}, loses nothing and doubles nothing`, (address) =>
    throughCutter(address, async (store, cutter) => {
      const lobby = await room(store);
      const said = Array.from({ length: 12 }, (_, i) => `${i}`);
      for (const [i, content] of said.entries()) {
        cutter.atNextCommit(loss);
        // No key: the store itself finds out what came of it.
        const result = await act(store, lobby, ALICE, text(content));
        assert("row" in result && result.row && !result.duplicate);
        assertEquals(result.row.seq, i + 1);
      }
      assertEquals(cutter.cuts, said.length);
      assertEquals(await contents(store.history(lobby.id, { limit: 50 })), said);
      assertEquals(await store.check(false), []);
    }));

  test(`a line that stays away after a COMMIT, ${what}: by its key it is said once`, (address) =>
    throughCutter(address, async (store, cutter) => {
      const lobby = await room(store);
      await act(store, lobby, ALICE, text("before"));
      cutter.atNextCommit(loss, true);
      const saying = () => act(store, lobby, ALICE, text("once", { key: "k" }));
      const error = await assertRejects(saying, StoreError);
      assertEquals(error.failure, "unreachable");
      cutter.line.heal();
      const result = await saying();
      assert("row" in result && result.row);
      assertEquals([result.row.seq, result.duplicate], [2, loss === "answer"]);
      const rows = await log(store, lobby);
      assertEquals(rows.map((row) => row.type === "message" && row.content), ["before", "once"]);
    }));
}
