import { assertEquals, assertMatch } from "@std/assert";
import { delay } from "@std/async/delay";
import { freePort, missingPrograms } from "../../../backends/program.ts";
import { Client } from "../../chat/chat_client.ts";
import { wholeHistory } from "../../chat/history.ts";
import { Ledger } from "../../chat/ledger.ts";
import { ReturningClient } from "../../chat/returning_client.ts";
import { type ServerProcess, startProcess } from "../../chat/server_process.ts";
import { RawClient } from "../../wire/raw_client.ts";
import { frameBytes, OPCODE } from "../../wire/raw_frame.ts";
import { MIB } from "./vitals.ts";

const CLIENTS = 30;
const DEATHS = 3;
/** What a server takes that does nothing is 600 MB of it, most never touched. */
const DATA_MAX_BYTES = 1_000_000_000;
/** systemd's `RestartSec`, a tenth of what the unit in docs/operations.md says. */
const RESTART_AFTER_MS = 100;

/** Sends a message without end, which only the native transport holds, until the server is dead. */
async function exhaust({ http }: ServerProcess): Promise<void> {
  using client = await RawClient.open(Number(new URL(http).port));
  const piece = frameBytes(OPCODE.continuation, "x".repeat(MIB), { fin: false });
  try {
    await client.write(frameBytes(OPCODE.text, "", { fin: false }));
    for (let sent = 0; sent < DATA_MAX_BYTES; sent += MIB) await client.write(piece);
  } catch {
    // The connection ended with the server.
  }
}

Deno.test({
  name:
    `a server killed for memory ${DEATHS} times is started again, and nothing acknowledged is missing`,
  ignore: missingPrograms("prlimit").length > 0,
  async fn() {
    const folder = await Deno.makeTempDir();
    const start = (port: string) =>
      startProcess([
        ...["--store", `sqlite:${folder}/hubbub.db`, "--transport", "native", "--port", port],
      ], ["prlimit", `--data=${DATA_MAX_BYTES}`, "--"]);
    const ledger = new Ledger();
    const port = String(freePort());
    let server = await start(port);
    const { ws } = server;
    const clients = Array.from(
      { length: CLIENTS },
      (_, index) => new ReturningClient({ ws: () => ws, name: `c${index}`, ledger }),
    );
    try {
      let done = false;
      const talking = Promise.all(clients.map(async (client) => {
        client.come();
        await client.join("lobby");
        for (let count = 0; !done; count++) {
          assertEquals((await client.say("lobby", `${count}`)).type, "sent");
          await delay(50);
        }
      }));
      for (let death = 0; death < DEATHS; death++) {
        await Promise.race([
          Promise.all(clients.map((client) => client.until(() => client.joined("lobby")))),
          talking,
        ]);
        const before = ledger.acknowledgedCount;
        while (ledger.acknowledgedCount < before + CLIENTS) await delay(20);
        const [{ success }] = await Promise.all([server.ended, exhaust(server)]);
        assertEquals(success, false);
        assertMatch(server.errors(), /memory allocation of \d+ bytes failed/);
        await delay(RESTART_AFTER_MS);
        server = await start(port);
      }
      done = true;
      await talking;
      await using reader = await Client.connect(server);
      const history = await wholeHistory(reader, "lobby");
      ledger.check("lobby", history);
      const end = history.at(-1)!.seq;
      await Promise.all(clients.map((client) => client.until(() => client.seq("lobby") === end)));
      assertEquals(clients.flatMap(({ faults }) => faults), []);
      console.log(`  ${ledger.acknowledgedCount} messages acknowledged, none missing`);
    } finally {
      await Promise.all(clients.map((client) => client.leave()));
      await server.kill();
      await Deno.remove(folder, { recursive: true });
    }
  },
});
