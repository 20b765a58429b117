import { assert, assertEquals, assertObjectMatch } from "@std/assert";
import { type Clock, systemClock } from "../../actors/clock.ts";
import { DEFAULT_LIMITS, RESUME_MAX } from "../../protocol/limits.ts";
import { Client, type Said } from "../chat/chat_client.ts";
import { startChat, TRANSPORTS } from "../chat/chat_server.ts";
import { rest } from "./rest.ts";

const HOUR_MS = 3600_000;

for (const transport of TRANSPORTS) {
  const test = (name: string, run: () => Promise<void>) => Deno.test(`${transport}: ${name}`, run);

  test("who lost its connection before `sent` says it again by key: one row, one answer", async () => {
    await using chat = await startChat(transport);
    await using witness = await Client.connect(chat, "Witness");
    await witness.join("lobby");
    let token: string | undefined;
    for (let round = 0; round < 10; round++) {
      const key = `key-${round}`;
      const command = { type: "message", room: "lobby", content: key, key };
      const lossy = await Client.connect(chat, token === undefined ? "Lossy" : { token });
      token = lossy.welcome.token as string;
      await lossy.join("lobby");
      lossy.send(command);
      // Gone before the answer can be heard; the message may be kept by then, or not.
      await lossy.close();
      await using back = await Client.connect(chat, { token });
      await back.join("lobby");
      const [first, again] = [await back.ask(command), await back.ask(command)];
      assertEquals([again.duplicate, again.seq, again.at], [true, first.seq, first.at]);
    }
    const { messages } = await witness.ask({ type: "history", room: "lobby", limit: 200 });
    const kept = (messages as Said[]).map(({ key }) => key);
    assertEquals([kept.length, new Set(kept).size], [10, 10]);
    await witness.sync();
    assertEquals(witness.all("message").map(({ seq }) => seq), Array.from(kept, (_, i) => i + 1));
    assertEquals(chat.failures, []);
  });

  test("who resumes from further back than is replayed is told where what it gets begins", async () => {
    await using chat = await startChat(transport);
    await using talker = await Client.connect(chat, "Talker");
    await talker.join("lobby");
    const missed = RESUME_MAX + 20;
    for (let count = 0; count < missed; count += 20) {
      await Promise.all(Array.from({ length: 20 }, () => talker.say("lobby", "x")));
    }
    await using late = await Client.connect(chat, "Late");
    const joined = await late.join("lobby", { since: 1 });
    assertObjectMatch(joined, { seq: missed, first: missed - RESUME_MAX + 1 });
    await late.first(({ type, seq }) => type === "message" && seq === missed);
    const seqs = late.all("message").map(({ seq }) => seq);
    assertEquals([seqs.length, seqs[0], seqs.at(-1)], [RESUME_MAX, joined.first, missed]);
    // What lies before is history's.
    const page = await late.ask({ type: "history", room: "lobby", after: 1, limit: 3 });
    assertEquals(page.messages.map(({ seq }: Said) => seq), [2, 3, 4]);
  });
}

Deno.test("a clock that jumps an hour either way changes no order, and costs nobody a session", async () => {
  let offsetMs = 0;
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + offsetMs };
  // With the limits of rate: they count time, too.
  const limits = DEFAULT_LIMITS;
  await using chat = await startChat("native", { clock, graceMs: 60_000, limits });
  await using alice = await Client.connect(chat, "Alice");
  await alice.join("lobby");
  const bob = await Client.connect(chat, "Bob");
  await bob.join("lobby");
  const said: string[] = [];
  for (const jumpMs of [0, HOUR_MS, -HOUR_MS, 0]) {
    const { token } = alice.welcome;
    const { json } = await rest(chat, "/api/tickets", { token, body: {} });
    offsetMs = jumpMs;
    const visitor = new WebSocket(`${chat.ws}?format=json&ticket=${json.ticket}`);
    const greeted = await new Promise<MessageEvent>((resolve) => visitor.onmessage = resolve);
    assertObjectMatch(JSON.parse(greeted.data), { type: "welcome", user: { name: "Alice" } });
    const gone = new Promise((resolve) => visitor.onclose = resolve);
    visitor.close();
    await gone;
    for (const client of [alice, bob]) {
      const content = `at ${jumpMs} by ${client.name}, ${said.length}`;
      said.push(content);
      assertEquals((await client.say("lobby", content)).type, "sent");
    }
    // A token of before the jump is still its owner's, and so is one made after it.
    for (const token of [alice.welcome.token, bob.welcome.token]) {
      await using back = await Client.connect(chat, { token });
      assert(["Alice", "Bob"].includes(back.name));
      await using again = await Client.connect(chat, { token: back.welcome.token });
      assertEquals(again.name, back.name);
    }
  }
  await alice.sync();
  const contents = (events: Said[]) => events.map(({ content }) => content);
  assertEquals(contents(alice.all("message")), said);
  for (const query of [{ after: 0 }, { before: 100 }, {}]) {
    const page = await alice.ask({ type: "history", room: "lobby", limit: 50, ...query });
    assertEquals(contents(page.messages), said);
    assertEquals(page.messages.map(({ seq }: Said) => seq), said.map((_, index) => index + 1));
  }
  const found = await alice.ask({ type: "search", query: "by Alice", limit: 50 });
  const hers = said.filter((content) => content.includes("Alice")).reverse();
  // Out of time, on a machine that is busy, a page is short and says that there is more.
  assertEquals(contents(found.messages), found.more ? hers.slice(0, found.messages.length) : hers);
  await bob.close();
  assertEquals(chat.failures, []);
});
