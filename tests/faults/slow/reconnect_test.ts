import { assert, assertEquals } from "@std/assert";
import { freePort } from "../../../backends/program.ts";
import { TRANSPORTS } from "../../chat/chat_server.ts";
import { Ledger } from "../../chat/ledger.ts";
import { ReturningClient } from "../../chat/returning_client.ts";
import { type ServerProcess, startProcess } from "../../chat/server_process.ts";
import { MIB, percentile, rssBytes } from "./vitals.ts";

/** The whole by the environment: HUBBUB_TEST_RECONNECTS=5000. */
const CLIENTS = Number(Deno.env.get("HUBBUB_TEST_RECONNECTS") ?? 2_000);
const MISSED = 20;
/** Also on a busy machine, whose clients take more of its time than the server. */
const BACK_WITHIN_MS = 120_000;

for (const transport of TRANSPORTS) {
  Deno.test(`${transport}: ${CLIENTS} clients that come back at once are all back, each with what it missed`, async () => {
    const folder = await Deno.makeTempDir();
    const args = [
      ...["--store", `sqlite:${folder}/hubbub.db`, "--transport", transport],
      ...["--port", String(freePort())],
    ];
    const ledger = new Ledger();
    let server: ServerProcess | undefined;
    let everyone: ReturningClient[] = [];
    try {
      server = await startProcess(args);
      const { ws } = server;
      everyone = Array.from(
        { length: CLIENTS + 1 },
        (_, index) => new ReturningClient({ ws: () => ws, name: `c${index}`, ledger }),
      );
      const [talker, ...clients] = everyone as [ReturningClient, ...ReturningClient[]];
      const inLobby = (client: ReturningClient) => {
        client.come();
        return client.join("lobby");
      };
      await Promise.all(everyone.map(inLobby));
      await talker.say("lobby", "before");
      await Promise.all(clients.map((client) => client.until(() => client.seq("lobby") === 1)));
      await server.kill();
      await Promise.all(everyone.map((client) => client.leave()));

      server = await startProcess(args);
      await inLobby(talker);
      for (let count = 0; count < MISSED; count++) await talker.say("lobby", "meanwhile");
      const times: number[] = [];
      const startMs = performance.now();
      await Promise.all(clients.map(async (client) => {
        await inLobby(client);
        await client.until(() => client.seq("lobby") === MISSED + 1);
        times.push(performance.now() - startMs);
      }));
      assertEquals(clients.flatMap(({ faults }) => faults), []);
      assertEquals(ledger.seen, (CLIENTS + 1) * (MISSED + 1));
      const ends = clients.flatMap(({ closes }) => [...closes.values()]);
      const again = ends.reduce((sum, count) => sum + count, -CLIENTS);
      const [half, most, all] = [0.5, 0.99, 1 - 1e-9].map((part) => percentile(times, part));
      console.log(
        `  half are back within ${half?.toFixed(0)} ms, 99% within ${most?.toFixed(0)} ms, ` +
          `all within ${all?.toFixed(0)} ms; ${again} tried again; ` +
          `the server has ${Math.round(rssBytes(server) / MIB)} MiB`,
      );
      assert(all !== undefined && all < BACK_WITHIN_MS);
    } finally {
      await Promise.all(everyone.map((client) => client.leave()));
      await server?.kill();
      await Deno.remove(folder, { recursive: true });
    }
  });
}
