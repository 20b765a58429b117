import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { missingPrograms } from "../../../backends/program.ts";
import { Client } from "../../chat/chat_client.ts";
import { TRANSPORTS } from "../../chat/chat_server.ts";
import { startProcess } from "../../chat/server_process.ts";
import { PATIENCE_MS, STALL_MS } from "../../patience.ts";
import { DEFAULT_BRAKES } from "../../../transport/brakes.ts";
import { startEchoProcess } from "../../wire/echo_process.ts";
import { RawClient } from "../../wire/raw_client.ts";
import { percentile } from "./vitals.ts";

const CROWD = 2_000;
/** Who is set to be closed by then. Without that it would be the 30 s of idleTimeoutMs. */
const CLOSED_WITHIN_MS = 10_000;
/** Half of the others, while all of the crowd comes at once. */
const ANSWER_WITHIN_MS = 3_000;

for (
  const [what, bytes, timeoutMs] of [
    [
      "requests whose headers do not end",
      "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
      DEFAULT_BRAKES.headersTimeoutMs,
    ],
    [
      "idle kept-alive connections",
      "GET /memory HTTP/1.1\r\nHost: localhost\r\n\r\n",
      DEFAULT_BRAKES.keepAliveTimeoutMs,
    ],
  ] as const
) {
  Deno.test(`guarded: ${CROWD} ${what} are closed in time, others are served meanwhile`, async () => {
    assertLess(timeoutMs + DEFAULT_BRAKES.checkIntervalMs, CLOSED_WITHIN_MS);
    await using server = await startEchoProcess("guarded");
    let closed = 0;
    const slow = Array.from({ length: CROWD }, async () => {
      using client = await RawClient.connect(server.port);
      await client.write(bytes);
      const startMs = performance.now();
      await client.readToEnd();
      closed++;
      return performance.now() - startMs;
    });
    const ended = Promise.all(slow);
    const times: number[] = [];
    while (closed < CROWD) {
      const startMs = performance.now();
      using client = await RawClient.open(server.port);
      await client.text("served");
      assertEquals(await client.readText(), "served");
      times.push(performance.now() - startMs);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assertLess(Math.max(...await ended), CLOSED_WITHIN_MS + STALL_MS);
    assertLess(percentile(times, 0.5), ANSWER_WITHIN_MS);
  });
}

const DESCRIPTORS = 256;
const AT_ONCE = 400;

for (const transport of TRANSPORTS) {
  Deno.test({
    name:
      `${transport}: ${AT_ONCE} clients at ${DESCRIPTORS} descriptors: who is in is served, who is not comes in when there is room`,
    ignore: missingPrograms("bash").length > 0,
    async fn() {
      const folder = await Deno.makeTempDir();
      try {
        await using server = await startProcess(
          ["--store", `sqlite:${folder}/hubbub.db`, "--transport", transport, "--rate", "0"],
          ["bash", "-c", `ulimit -n ${DESCRIPTORS}; exec "$@"`, "bash"],
        );
        const port = Number(new URL(server.http).port);
        await using early = await Client.connect(server, "Early");
        await early.join("early");
        const clients: RawClient[] = [];
        const knock = async () => {
          try {
            const client = await RawClient.connect(port);
            clients.push(client);
            return (await client.handshake("/ws")).status;
          } catch {
            // Refused or cut by the kernel, or by Deno's server at its end.
            return 0;
          }
        };
        const statuses = await Promise.all(Array.from({ length: AT_ONCE }, knock));
        const count = (status: number) => statuses.filter((each) => each === status).length;
        console.log(`  ${count(101)} let in, ${count(503)} told 503, ${count(0)} cut`);
        assertGreater(count(101), 50);
        assertEquals(count(101) + count(503) + count(0), AT_ONCE);
        for (let said = 0; said < 20; said++) {
          assertEquals((await early.say("early", "still here")).type, "sent");
        }

        for (const client of clients) client.destroy();
        const startMs = performance.now();
        let again: RawClient | undefined;
        while (again === undefined) {
          assert(performance.now() - startMs < PATIENCE_MS, "expected to be let in");
          again = await RawClient.open(port, "/ws?name=Again&room=early").catch(() => undefined);
        }
        using client = again;
        await client.text("in again");
        await early.first(({ type, content }) => type === "message" && content === "in again");
        assertEquals(await server.stop(), 0);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
