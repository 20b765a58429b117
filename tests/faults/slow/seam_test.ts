import { assert, assertEquals } from "@std/assert";
import { Client } from "../../chat/chat_client.ts";
import { LoadClient } from "../../chat/load_client.ts";
import { startChat, TRANSPORTS } from "../../chat/chat_server.ts";

/** More by the environment: HUBBUB_TEST_RESUMES=10000. */
const RESUMES = Number(Deno.env.get("HUBBUB_TEST_RESUMES") ?? 2_000);
const AT_ONCE = 20;
const LIVE = 3;

for (const transport of TRANSPORTS) {
  Deno.test(`${transport}: ${RESUMES} resumes while others publish have no gap and no double at the seam`, async () => {
    await using chat = await startChat(transport);
    const talkers = Array.from(
      { length: 2 },
      (_, index) => new LoadClient(chat.ws, { name: `t${index}` }, "lobby", { history: 0 }),
    );
    await Promise.all(talkers.map((talker) => talker.joined));
    let done = false;
    const talking = talkers.map(async (talker, index) => {
      for (let count = 0; !done; count++) await talker.say(`${index}-${count}`, "x");
    });
    let since = 0;
    for (let resumed = 0; resumed < RESUMES; resumed += AT_ONCE) {
      const from = since;
      const ends = await Promise.all(Array.from({ length: AT_ONCE }, async () => {
        await using client = await Client.connect(chat);
        const { seq, first = from + 1 } = await client.join("lobby", { since: from });
        // Past the seam: some that came live.
        await client.first((event) => event.type === "message" && event.seq >= seq + LIVE);
        const seqs = client.all("message").map((event) => event.seq);
        const expected = Array.from(seqs, (_, index) => first + index);
        assertEquals(JSON.stringify(seqs), JSON.stringify(expected), `since ${from}, at ${seq}`);
        return seq as number;
      }));
      // A few behind, so that there is something to replay.
      since = Math.max(0, Math.min(...ends) - 20);
    }
    done = true;
    await Promise.all(talking);
    await Promise.all(talkers.map((talker) => talker.close()));
    assert(since > RESUMES / AT_ONCE, "too little was said meanwhile");
    assertEquals(chat.failures, []);
  });
}
