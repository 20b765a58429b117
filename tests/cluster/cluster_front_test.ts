import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { Client } from "../chat/chat_client.ts";
import { startProcess } from "../chat/server_process.ts";
import { FRONTS, startFront } from "./harness/front.ts";
import { freePort, missingPrograms, runProgram } from "../../backends/program.ts";
import { isSkipped, isWhole, play } from "./harness/scenario.ts";

/** The configurations of docs/operations.md, as they stand there, in front of real nodes. */

/** How long a handshake that nobody goes on with is listened to. */
const LISTEN_SECONDS = "10";
const REQUEST_EVERY_MS = 20;
/** So long a node is ready before the next one goes: the proxy asks twice, a second apart. */
const PROXY_SEES_MS = 5_000;

for (const kind of FRONTS) {
  const isMissing = missingPrograms(kind, "curl").length > 0;

  Deno.test({
    name: `a WebSocket goes through ${kind}, which says for whom it speaks`,
    ignore: isMissing,
    async fn() {
      await using server = await startProcess([
        ...["--store", "memory:", "--trust-proxy", "127.0.0.1", "--max-per-address", "1"],
      ]);
      await using front = await startFront(kind, [Number(new URL(server.http).port)]);
      await using ann = await Client.connect(front, "ann");
      assertEquals((await ann.join("lobby")).type, "joined");
      assertEquals((await ann.say("lobby", "x".repeat(4_000))).type, "sent");
      const same = await handshake(front.http, "127.0.0.1");
      assert(same.startsWith("HTTP/1.1 429"), same);
      const other = await handshake(front.http, "127.0.0.2");
      assert(other.startsWith("HTTP/1.1 101"), other);
      assert(other.includes('"type":"welcome"'), "what the server says first was held back");
    },
  });

  Deno.test({
    name: `behind ${kind}, nodes that are started anew one after the other refuse nobody`,
    ignore: isMissing || isSkipped,
    async fn() {
      const ports = [freePort(), freePort(), freePort()];
      await using front = await startFront(kind, ports);
      await play(`behind ${kind}`, async (stage) => {
        const refused: string[] = [];
        let rolls = true;
        const asking = (async () => {
          for (; rolls; await delay(REQUEST_EVERY_MS)) {
            const response = await fetch(`${front.http}/healthz`);
            await response.body?.cancel();
            if (!response.ok) refused.push(String(response.status));
          }
        })();
        try {
          for (const node of stage.cluster.all) {
            assertEquals(await node.drain(), 0, "the node did not stop in time");
            await node.start();
            await isWhole(stage);
            await delay(PROXY_SEES_MS);
          }
        } finally {
          rolls = false;
          await asking;
        }
        assertEquals(refused, []);
      }, {
        clients: () => [front.ws],
        args: (index) => ["--port", String(ports[index]), "--trust-proxy", "127.0.0.1"],
      });
    },
  });
}

/** What a client at this address of the machine sees of its handshake and the first frame. */
async function handshake(http: string, from: string): Promise<string> {
  const headers = [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol: hubbub.json",
  ].flatMap((header) => ["-H", header]);
  // It ends by its time limit when all is well; what it has heard counts.
  return await runProgram(
    "sh",
    "-c",
    'exec 2>&1; "$@"; true',
    ...["curl", "curl", "-s", "-i", "-N", "--http1.1", "--max-time", LISTEN_SECONDS],
    ...["--interface", from, ...headers, `${http}/ws`],
  );
}
