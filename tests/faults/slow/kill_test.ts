import { assert, assertEquals } from "@std/assert";
import { Client } from "../../chat/chat_client.ts";
import { LoadClient } from "../../chat/load_client.ts";
import { startProcess } from "../../chat/server_process.ts";

/** More by the environment: HUBBUB_TEST_KILLS=100. */
const ROUNDS = Number(Deno.env.get("HUBBUB_TEST_KILLS") ?? 20);
const CLIENTS = 8;

Deno.test(`kill -9 in the middle of a load loses nothing that was seen or acknowledged, ${ROUNDS} times`, async () => {
  const folder = await Deno.makeTempDir();
  const args = ["--store", `sqlite:${folder}/hubbub.db`, "--rate", "0"];
  /** What anyone has seen or had acknowledged: key by seq. */
  const noted = new Map<number, string>();
  /** By client, the keys whose `sent` did not come: the same user says them again. */
  const unsure = Array.from({ length: CLIENTS }, (): string[] => []);
  const tokens: string[] = [];
  const note = (seq: number, key: string) => {
    const before = noted.get(seq);
    assert(before === undefined || before === key, `seq ${seq} was ${before}, is ${key} now`);
    noted.set(seq, key);
  };
  try {
    for (let round = 1; round <= ROUNDS; round++) {
      await using server = await startProcess(args);
      const clients = Array.from(
        { length: CLIENTS },
        (_, index) => {
          const token = tokens[index];
          const who = token === undefined ? { name: `c${index}` } : { token };
          return new LoadClient(server.ws, who, "lobby", { since: noted.size });
        },
      );
      await Promise.all(clients.map((client) => client.joined));
      for (const [index, client] of clients.entries()) tokens[index] = client.token;
      const said = clients.map((): string[] => []);
      const saying = clients.map(async (client, index) => {
        for (let count = 0;; count++) {
          const key = unsure[index]!.pop() ?? `${round}-${index}-${count}`;
          said[index]!.push(key);
          await client.say(key, `round ${round}`);
        }
      });
      void Promise.all(saying);
      // The moment is another each time: somewhere in the first thousand messages.
      await clients[0]!.hears(200 + (round * 7919) % 800);
      await server.kill();
      await Promise.all(clients.map((client) => client.closed));
      for (const [index, client] of clients.entries()) {
        for (const [seq, key] of client.heard) note(seq, key);
        for (const [key, seq] of client.acknowledged) {
          note(seq, key);
        }
        unsure[index]!.push(...said[index]!.filter((key) => !client.acknowledged.has(key)));
      }
    }
    await using server = await startProcess(args);
    await using reader = await Client.connect(server);
    const kept = new Map<number, string>();
    for (let more = true; more;) {
      const after = kept.size;
      const page = await reader.ask({ type: "history", room: "lobby", after, limit: 200 });
      for (const { seq, key } of page.messages) {
        assertEquals(seq, kept.size + 1, "the sequence has a hole");
        kept.set(seq, key);
      }
      more = page.more;
    }
    for (const [seq, key] of noted) assertEquals(kept.get(seq), key, `message ${seq} is lost`);
    assertEquals(new Set(kept.values()).size, kept.size, "a retry made a second message");
    assert(noted.size > ROUNDS * 200);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
