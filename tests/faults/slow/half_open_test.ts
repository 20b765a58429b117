import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { Client } from "../../chat/chat_client.ts";
import { TRANSPORTS } from "../../chat/chat_server.ts";
import { canMakeNamespaces, makeNamespaces } from "../../cluster/harness/namespaces.ts";
import { STALL_MS } from "../../patience.ts";
import { startFarClient, startHastyServer, stayAlive, TIMES } from "./hasty_process.ts";

const ignore = !await canMakeNamespaces();
/** The server's own: so long it waits for the answer to its close. */
const CLOSE_TIMEOUT_MS = 5_000;
const REAPED_WITHIN_MS = 2 * TIMES.idleTimeoutMs + CLOSE_TIMEOUT_MS + STALL_MS;

for (const transport of TRANSPORTS) {
  // Deno cannot be told to ping: in a busy room its own idle timeout of a minute does it.
  for (const room of transport === "guarded" ? ["quiet", "busy"] as const : ["quiet"] as const) {
    Deno.test({
      name: `${transport}: a client whose line is dead is put out of a ${room} room, once`,
      ignore,
      async fn() {
        await using hosts = await makeNamespaces();
        const { inStore, inNode, store, redis: seenFromAfar } = hosts;
        await using server = await startHastyServer(inStore, transport, "0.0.0.0");
        await using witness = await Client.connect(
          { ws: `ws://${store}:${server.said}/ws` },
          "Near",
        );
        const stop = stayAlive(witness);
        await witness.join("lobby");
        await using far = await startFarClient(
          inNode,
          `ws://${seenFromAfar}:${server.said}/ws`,
          "Far",
        );
        await witness.first(({ type, users }) => type === "joined" && users?.includes("Far"));
        // It answers: as long as its line is whole it stays.
        await delay(2 * TIMES.idleTimeoutMs);
        const left = () => witness.all("left").filter(({ users }) => users?.includes("Far"));
        assertEquals(left(), []);

        await hosts.cut("redis");
        const startMs = performance.now();
        while (left().length === 0 && performance.now() - startMs < REAPED_WITHIN_MS) {
          if (room === "busy") await witness.say("lobby", "is anybody there?");
          await delay(50);
        }
        const tookMs = performance.now() - startMs;
        assert(left().length === 1, `not put out within ${REAPED_WITHIN_MS} ms`);
        console.log(`  put out ${tookMs.toFixed(0)} ms after its line died`);
        assertEquals((await witness.ask({ type: "members", room: "lobby" })).count, 1);

        // What its host still has to send comes too late: it hears its end, which was sent long ago.
        await hosts.mend("redis");
        await far.next();
        // Whoever goes after that is told of after that.
        {
          await using later = await Client.connect(
            { ws: `ws://${store}:${server.said}/ws` },
            "Last",
          );
          await later.join("lobby");
          await witness.first(({ type, users }) => type === "joined" && users?.includes("Last"));
        }
        await witness.first(({ type, users }) => type === "left" && users?.includes("Last"));
        assertEquals(left().length, 1);
        assertEquals((await witness.ask({ type: "members", room: "lobby" })).count, 1);
        stop();
      },
    });
  }
}
