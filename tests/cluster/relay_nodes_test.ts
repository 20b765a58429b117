import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async/delay";
import { makeSecrets, secretsInMemory } from "../../accounts/secrets.ts";
import { systemClock } from "../../actors/clock.ts";
import { HEADS_EVERY_MS } from "../../actors/head_check.ts";
import { missingPrograms } from "../../backends/program.ts";
import type { BackendServer } from "../../backends/backend_server.ts";
import { REDIS_PROGRAMS, startRedis } from "../../backends/redis.ts";
import { openRedis } from "../../redis/redis.ts";
import { openMemory } from "../../store/memory.ts";
import { type ChatServer, startChat } from "../chat/chat_server.ts";
import { Client } from "../chat/chat_client.ts";
import { PATIENCE_MS, STALL_MS } from "../patience.ts";

const ignore = missingPrograms(...REDIS_PROGRAMS).length > 0;
/** Loss of Redis is noticed, or its return. */
const CHANGE_MS = PATIENCE_MS;
const LOOK_EVERY_MS = 50;

/** Two nodes in this process, on one store in memory and a real Redis. */
async function twoNodes(): Promise<
  AsyncDisposable & { redis: BackendServer; nodes: [ChatServer, ChatServer] }
> {
  const stack = new AsyncDisposableStack();
  const redis = stack.use(await startRedis());
  const store = await openMemory();
  stack.defer(() => store.close());
  // The first to stop must not take it from the other.
  const shared = new Proxy(store, {
    get(target, name: keyof typeof store) {
      if (name === "close") return () => Promise.resolve();
      const method = target[name];
      return typeof method === "function" ? method.bind(target) : method;
    },
  });
  const secrets = secretsInMemory(makeSecrets(Date.now()));
  const start = () =>
    startChat("native", {
      store: shared,
      secrets,
      cluster: openRedis({ url: redis.url(), clock: systemClock }),
    });
  const nodes: [ChatServer, ChatServer] = [stack.use(await start()), stack.use(await start())];
  for (const node of nodes) await ready(node, 200);
  return { redis, nodes, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Waits until `/readyz` answers so, and answers what it says. */
async function ready({ http }: ChatServer, status: number): Promise<string> {
  const untilMs = performance.now() + CHANGE_MS;
  for (;;) {
    const response = await fetch(`${http}/readyz`);
    const text = await response.text();
    if (response.status === status) return text;
    assert(performance.now() < untilMs, `expected ${status}, came ${response.status}: ${text}`);
    await delay(LOOK_EVERY_MS);
  }
}

function withNodes(
  name: string,
  run: (redis: BackendServer, one: ChatServer, two: ChatServer) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore,
    async fn() {
      await using both = await twoNodes();
      await run(both.redis, ...both.nodes);
      assertEquals(both.nodes.flatMap(({ failures }) => failures), []);
    },
  });
}

withNodes(
  "two nodes are one chat: rooms, first direct messages, resuming on the other",
  async (_, one, two) => {
    await using alice = await Client.connect(one, "alice");
    await using bob = await Client.connect(two, "bob");
    await alice.join("lobby");
    await bob.join("lobby");
    await alice.say("lobby", "x");
    assertEquals((await bob.next("message")).content, "x");
    // Nodes tell each other who is there every moment or so.
    const untilMs = performance.now() + CHANGE_MS;
    let whispered = await alice.say("@bob", "psst");
    while (whispered.code === "no_such_user" && performance.now() < untilMs) {
      await delay(LOOK_EVERY_MS);
      whispered = await alice.say("@bob", "psst");
    }
    assertEquals(whispered.type, "sent", JSON.stringify(whispered));
    assertEquals((await bob.next("message")).room, "@alice");
    await using again = await Client.connect(two, { token: alice.welcome.token });
    await alice.say("lobby", "y");
    const joined = await again.join("lobby", { since: 1 });
    assert(joined.seq >= 1);
    const message = await again.next("message", ({ room }) => room === "lobby");
    assertEquals([message.seq, message.content], [2, "y"]);
  },
);

withNodes("a frozen Redis costs latency and readiness, and no message", async (redis, one, two) => {
  await using alice = await Client.connect(one, "alice");
  await using bob = await Client.connect(two, "bob");
  await alice.join("lobby");
  await bob.join("lobby");
  await redis.freeze();
  const startMs = performance.now();
  const sent = await alice.say("lobby", "while it stands still");
  assertEquals(sent.type, "sent");
  // Who waited for Redis would hear no earlier than it is noticed that it stands still.
  const metrics = await (await fetch(`${one.http}/metrics`)).text();
  assert(/^hubbub_redis_up 1$/m.test(metrics), "the sender waited for Redis");
  await bob.next("message", ({ content }) => content === "while it stands still");
  assert(performance.now() - startMs < HEADS_EVERY_MS + STALL_MS, "the store was asked too late");
  assertStringIncludes(await ready(two, 503), "Redis");
  redis.thaw();
  for (const node of [one, two]) await ready(node, 200);
  await alice.say("lobby", "after");
  await bob.next("message", ({ content }) => content === "after");
  assertEquals(bob.all("message").map(({ seq }) => seq), [1, 2]);
});

withNodes(
  "a killed Redis that comes back empty, while people talk: nothing is lost or doubled",
  async (redis, one, two) => {
    await using alice = await Client.connect(one, "alice");
    await using bob = await Client.connect(two, "bob");
    await alice.join("lobby");
    await bob.join("lobby");
    const count = 60;
    for (let index = 1; index <= count; index++) {
      if (index === 20) await redis.kill();
      if (index === 40) await redis.start();
      const speaker = index % 2 === 0 ? alice : bob;
      assertEquals((await speaker.say("lobby", `${index}`)).seq, index);
      await delay(10);
    }
    const wanted = Array.from({ length: count }, (_, index) => index + 1);
    for (const client of [alice, bob]) {
      await client.first(({ type, seq }) => type === "message" && seq === count);
      assertEquals(client.all("message").map(({ seq }) => seq), wanted);
    }
  },
);
