import { assertEquals, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async/delay";
import { freePort } from "../../../backends/program.ts";
import { Client } from "../../chat/chat_client.ts";
import { TRANSPORTS } from "../../chat/chat_server.ts";
import { wholeHistory } from "../../chat/history.ts";
import { Ledger } from "../../chat/ledger.ts";
import { ReturningClient } from "../../chat/returning_client.ts";
import { type ServerProcess, startProcess } from "../../chat/server_process.ts";

const CLIENTS = 50;
const RESTARTS = 3;
/** Of talking, with everybody in, before the next restart. */
const BETWEEN_MS = 1_000;
/** What the program says when it has stopped by itself. Its deadline ends it without a word. */
const STOPPED = 'msg="server stopped"';
const ROOMS = ["lobby", "dev"];

for (const transport of TRANSPORTS) {
  Deno.test(`${transport}: ${RESTARTS} restarts under load: clients come back, nothing is lost or doubled`, async () => {
    const folder = await Deno.makeTempDir();
    const args = [
      ...["--store", `sqlite:${folder}/hubbub.db`, "--transport", transport],
      ...["--port", String(freePort())],
    ];
    const ledger = new Ledger();
    let server: ServerProcess | undefined;
    let clients: ReturningClient[] = [];
    try {
      server = await startProcess(args);
      const { ws } = server;
      clients = Array.from(
        { length: CLIENTS },
        (_, index) => new ReturningClient({ ws: () => ws, name: `c${index}`, ledger }),
      );
      let done = false;
      const talking = clients.map(async (client, index) => {
        client.come();
        for (const room of ROOMS) await client.join(room);
        for (let count = 0; !done; count++) {
          const reply = await client.say(ROOMS[count % 2]!, `${count}`);
          assertEquals(reply.type, "sent", JSON.stringify(reply));
          await delay(20 + index);
        }
      });
      const everyone = Promise.all(talking);
      const talked = async () => {
        const isIn = (client: ReturningClient) => ROOMS.every((room) => client.joined(room));
        const allIn = Promise.all(clients.map((client) => client.until(() => isIn(client))));
        await Promise.race([allIn.then(() => delay(BETWEEN_MS)), everyone]);
      };
      const stops: number[] = [];
      for (let restart = 0; restart < RESTARTS; restart++) {
        await talked();
        const startMs = performance.now();
        assertEquals(await server.stop(), 0);
        stops.push(performance.now() - startMs);
        assertStringIncludes(server.errors(), STOPPED);
        server = await startProcess(args);
      }
      await talked();
      done = true;
      await everyone;
      await using reader = await Client.connect(server);
      for (const room of ROOMS) {
        const history = await wholeHistory(reader, room);
        ledger.check(room, history);
        // To the last, everybody has heard everything.
        const end = history.at(-1)!.seq;
        await Promise.all(clients.map((client) => client.until(() => client.seq(room) >= end)));
      }
      for (const { faults, closes, entries, name } of clients) {
        assertEquals(faults, []);
        assertEquals([entries, closes.get(1001)], [RESTARTS + 1, RESTARTS], `${name}`);
      }
      console.log(
        `  ${ledger.acknowledgedCount} messages acknowledged, heard ${ledger.seen} times; ` +
          `stopped within ${Math.round(Math.max(...stops))} ms`,
      );
    } finally {
      await Promise.all(clients.map((client) => client.leave()));
      await server?.kill();
      await Deno.remove(folder, { recursive: true });
    }
  });
}
