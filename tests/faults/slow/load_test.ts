import { assertEquals } from "@std/assert";
import { Client } from "../../chat/chat_client.ts";
import { TRANSPORTS } from "../../chat/chat_server.ts";
import { LoadClient } from "../../chat/load_client.ts";
import { startProcess } from "../../chat/server_process.ts";

const CLIENTS = 200;
const EACH = 100;

for (const transport of TRANSPORTS) {
  Deno.test(`${transport}: 200 clients hear 20,000 messages once and in one order, also after a restart`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const args = ["--store", `sqlite:${folder}/hubbub.db`, "--transport", transport];
      let heard: [number, string][];
      {
        await using server = await startProcess(args);
        const clients = Array.from(
          { length: CLIENTS },
          (_, index) => new LoadClient(server.ws, { name: `c${index}` }, "lobby", { history: 0 }),
        );
        await Promise.all(clients.map((client) => client.joined));
        await Promise.all(
          clients.flatMap((client, index) =>
            Array.from({ length: EACH }, (_, count) => client.say(`${index}-${count}`, `m${count}`))
          ),
        );
        await Promise.all(clients.map((client) => client.hears(CLIENTS * EACH)));
        heard = clients[0]!.heard;
        const expected = JSON.stringify(heard);
        for (const [index, client] of clients.entries()) {
          assertEquals(JSON.stringify(client.heard) === expected, true, `client ${index} differs`);
          for (const [key, seq] of client.acknowledged) {
            if (heard[seq - 1]?.[1] !== key) throw new Error(`${key} is not at ${seq}`);
          }
        }
        await Promise.all(clients.map((client) => client.close()));
        assertEquals(await server.stop(), 0);
      }
      assertEquals(
        heard.map(([seq]) => seq),
        Array.from({ length: CLIENTS * EACH }, (_, i) => i + 1),
      );
      assertEquals(new Set(heard.map(([, key]) => key)).size, CLIENTS * EACH);

      await using server = await startProcess(args);
      await using reader = await Client.connect(server);
      const kept: [number, string][] = [];
      for (let more = true; more;) {
        const page = await reader.ask({
          type: "history",
          room: "lobby",
          after: kept.at(-1)?.[0] ?? 0,
          limit: 200,
        });
        if (page.type === "error") await new Promise((go) => setTimeout(go, page.retry_ms));
        else {
          for (const { seq, key } of page.messages) kept.push([seq, key]);
          more = page.more;
        }
      }
      assertEquals(JSON.stringify(kept) === JSON.stringify(heard), true, "history differs");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
