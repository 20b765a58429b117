import { assert, assertEquals } from "@std/assert";
import type { Clock } from "../../actors/clock.ts";
import { FakeBusServer } from "../../actors/fake_bus.ts";
import { FakeClock } from "../../actors/fake_clock.ts";
import { FakeKeyServer } from "../../actors/fake_keys.ts";
import { kindOf } from "../../metrics/kinds.ts";
import type { Cluster } from "../../serving/actors.ts";
import { openMemory } from "../../store/memory.ts";
import type { Store } from "../../store/store.ts";
import { Client } from "./chat_client.ts";
import { startChat } from "./chat_server.ts";

const SAID = 20;
/** Less than the heartbeat: nobody is asked whether they still live. */
const IDLE_MS = 15_000;
const STEP_MS = 500;

/** What a node does for two people who talk, and then while nobody says anything. */
async function effort(among: (clock: Clock) => Cluster | undefined) {
  const calls = new Map<string, number>();
  const store = new Proxy(await openMemory(), {
    get(target, name: keyof Store) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return (...given: unknown[]) => {
        calls.set(name, (calls.get(name) ?? 0) + 1);
        return Reflect.apply(method, target, given);
      };
    },
  });
  const clock = new FakeClock();
  const chat = await startChat("native", { store, clock, cluster: among(clock) });
  const alice = await Client.connect(chat, "Alice");
  const bob = await Client.connect(chat, "Bob");
  for (const each of [alice, bob]) await each.join("lobby");
  for (let count = 1; count <= SAID; count++) {
    await alice.say("lobby", String(count));
    await bob.next("message", ({ seq }) => seq === count);
  }
  const talking = new Map(calls);
  const kinds = new Set(chat.server.actors().map(({ name }) => kindOf(name)));
  // Let go of what has to be done once after a message, such as indexing it.
  await pass(clock, 5_000);
  calls.clear();
  const { pending } = clock;
  await pass(clock, IDLE_MS);
  const idle = new Map(calls);
  const ending = Promise.all([alice.close(), bob.close(), chat[Symbol.asyncDispose]()]);
  let hasEnded = false;
  void ending.finally(() => hasEnded = true);
  while (!hasEnded) await pass(clock, STEP_MS);
  await ending;
  return { talking, kinds, pending, idle };
}

async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += STEP_MS) {
    clock.advance(STEP_MS);
    await new Promise((resolve) => setTimeout(resolve));
  }
}

Deno.test("a node alone has no part, no timer and no query for others", async () => {
  const alone = await effort(() => undefined);
  assertEquals([...alone.kinds].sort(), ["archive", "hub", "reader", "switchboard", "writer"]);
  assertEquals([...alone.idle], []);
  assertEquals(alone.talking.get("append"), SAID);
  const one = await effort((clock) => ({
    bus: new FakeBusServer().connect(),
    keys: new FakeKeyServer().connect(clock, () => true),
  }));
  assert(one.kinds.has("relay"));
  assert((one.idle.get("heads") ?? 0) > 4, "one of several asks where the rooms are");
  assert(alone.pending < one.pending);
});
