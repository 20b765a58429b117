import { assert, assertEquals } from "@std/assert";
import { Connection } from "../../web/connection/connection.ts";
import { type KeyValueStorage, systemClock } from "../../web/connection/ports.ts";
import { Tabs } from "../../web/connection/tabs.ts";
import { startProcess } from "../chat/server_process.ts";
import { until } from "../patience.ts";
import { BadNetwork } from "./bad_network.ts";

/** The client's connection module against the real server, over a network that fails. */

function memoryStorage(): KeyValueStorage {
  const items = new Map<string, string>();
  return {
    get length() {
      return items.size;
    },
    key: (index) => [...items.keys()][index] ?? null,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

/** Comes in as a guest: the token brings back the same one after every break. */
async function client(port: number, name: string) {
  const answer = await fetch(`http://127.0.0.1:${port}/api/guests`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name }),
  });
  const { token } = await answer.json() as { token: string };
  const shown: { seq: number; content: string }[] = [];
  let waiting = 0;
  const connection = new Connection({
    open: () => new WebSocket(`ws://127.0.0.1:${port}/ws`, ["hubbub.json", `bearer.${token}`]),
    clock: systemClock,
    random: () => Math.random() * 0.2,
    storage: memoryStorage(),
    storagePrefix: (user) => `${user}:`,
    tabs: new Tabs(name, undefined, systemClock, () => {}),
    newKey: () => crypto.randomUUID(),
    onState() {},
    onEvent(event) {
      if (event.type === "message") shown.push({ seq: event.seq, content: event.content });
    },
    onOutbox: (entries) => waiting = entries.length,
    onSent() {},
    onRefused() {},
  });
  connection.outgoing.assume(name);
  connection.start();
  connection.enter("lobby", 200).catch(() => {});
  return { connection, shown, waiting: () => waiting };
}

Deno.test("over cuts, stalls and delays every message arrives once, in order", async () => {
  await using server = await startProcess(["--store", "memory:", "--rate", "0"]);
  await using network = new BadNetwork(Number(new URL(server.http).port));
  const writer = await client(network.port, "writer");
  const reader = await client(network.port, "reader");
  const total = 120;
  for (let i = 1; i <= total; i++) {
    writer.connection.outgoing.say("lobby", `message ${i}`);
    if (i % 15 === 0) network.cut();
    if (i % 40 === 0) {
      network.isDown = true;
      await new Promise((resolve) => setTimeout(resolve, 150));
      network.isDown = false;
    }
    network.delayMs = i % 3 === 0 ? 8 : 0;
    network.isStalled = i % 10 === 5;
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  network.delayMs = 0;
  network.isStalled = false;
  await until("an empty outbox", () => writer.waiting() === 0);
  await until(
    "everything read",
    () => [reader, writer].every(({ shown }) => shown.length >= total),
  );
  const wanted = Array.from({ length: total }, (_, i) => `message ${i + 1}`);
  for (const { shown } of [reader, writer]) {
    assertEquals(shown.map(({ content }) => content), wanted);
    assert(shown.every(({ seq }, at) => at === 0 || seq > shown[at - 1]!.seq), "seq ascends");
  }
  writer.connection.stop();
  reader.connection.stop();
});
