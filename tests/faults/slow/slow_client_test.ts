import { assert, assertEquals, assertLess } from "@std/assert";
import { DEFAULT_TIMES } from "../../../actors/heart.ts";
import { RawClient } from "../../wire/raw_client.ts";
import { Client } from "../../chat/chat_client.ts";
import { startProcess } from "../../chat/server_process.ts";
import { STALL_MS, until } from "../../patience.ts";
import { descriptors, percentile, rssBytes } from "./vitals.ts";

const MESSAGES = 10_000;
const AT_ONCE = 20;
const CONTENT = "x".repeat(4_000);
const WRITE_TIMEOUT_MS = DEFAULT_TIMES.writeTimeoutMs;
/** The server's own: so long it waits for the answer to its close. */
const CLOSE_TIMEOUT_MS = 5_000;
/** Queues of one client, a store's cache, a heap that grows before it is collected. */
const RSS_GROWTH_MAX_BYTES = 250 * 1024 * 1024;

Deno.test({
  name: "guarded: a client that stops reading is dropped and freed, and slows nobody",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using server = await startProcess([
      "--store",
      "memory:",
      "--rate",
      "0",
      "--transport",
      "guarded",
    ]);
    await using talker = await Client.connect(server, "Talker");
    await talker.join("lobby");
    const undisturbed = percentile(await talk(talker, MESSAGES), 0.99);
    const before = { descriptors: descriptors(server), rss: rssBytes(server) };

    const stalled = await RawClient.connect(Number(new URL(server.http).port));
    await stalled.handshake("/ws?name=Stalled");
    await talker.first(({ type, users }) => type === "joined" && users?.includes("Stalled"));
    const times = await talk(talker, MESSAGES);
    const disturbed = percentile(times, 0.99);
    // Who waited for the one that does not read would wait until it is dropped for that.
    assertLess(Math.max(...times), WRITE_TIMEOUT_MS * 0.9);
    // Dropped by its bytes or its time, not by the heartbeat that asks who is still there;
    const isAlone = async () => (await talker.ask({ type: "members", room: "lobby" })).count === 1;
    await until("the one that does not read to be dropped", isAlone, WRITE_TIMEOUT_MS + STALL_MS);
    // and freed, which may take the server's time-out for closing.
    const isFreed = () => descriptors(server) <= before.descriptors;
    await until("its descriptor to be free", isFreed, CLOSE_TIMEOUT_MS + STALL_MS);

    const grown = rssBytes(server) - before.rss;
    assert(grown < RSS_GROWTH_MAX_BYTES, `memory grew by ${grown} bytes`);
    console.log(
      `  p99 of a message: ${undisturbed.toFixed(1)} ms before, ${disturbed.toFixed(1)} ms while ` +
        `one does not read; memory grew by ${(grown / 2 ** 20).toFixed(0)} MiB`,
    );
    stalled.destroy();
  },
});

/** Says so many messages, a few at a time; answers how long each took. */
async function talk(talker: Client, count: number): Promise<number[]> {
  const times: number[] = [];
  while (times.length < count) {
    const startMs = performance.now();
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      const sent = await talker.say("lobby", CONTENT);
      assertEquals(sent.type, "sent");
      times.push(performance.now() - startMs);
    }));
    talker.forget();
  }
  return times;
}
