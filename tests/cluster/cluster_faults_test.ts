import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { hearFirst } from "../../backends/program.ts";
import { goesOn, OUTAGE_MS, scenario, type Stage } from "./harness/scenario.ts";

/** How long the service may take to be whole again after a server behind it is back. */
const RECOVER_MS = 15_000;
const THROWN_OUT = 3;

scenario("three nodes: everybody of a room hears the same, once, in order", async ({ cluster }) => {
  for (const index of cluster.all.keys()) assertEquals(await cluster.ready(index), 200);
});

scenario("a node killed with -9 takes nothing with it", async ({ cluster, crowd }) => {
  await cluster.all[1]!.kill();
  await goesOn(crowd, delay(3_000));
  await cluster.all[1]!.start();
});

scenario("nodes that are drained and started anew, one after the other, lose nothing", async ({
  cluster,
  crowd,
}) => {
  for (const node of cluster.all) {
    const rolled = (async () => {
      assertEquals(await node.drain(), 0, "the node did not stop in time");
      await node.start();
      await delay(1_000);
    })();
    await goesOn(crowd, rolled);
  }
});

scenario("Redis that is started anew costs nothing", async ({ cluster, crowd }) => {
  await cluster.redis.kill();
  await cluster.redis.start();
  await goesOn(crowd, delay(3_000));
});

scenario("while Redis hangs, messages are acknowledged; then everybody has them", async (stage) => {
  const { cluster, crowd } = stage;
  await cluster.redis.freeze();
  await goesOn(crowd, delay(OUTAGE_MS));
  cluster.redis.thaw();
  await isWhole(stage);
});

scenario(
  "while Redis is gone, messages are acknowledged; then everybody has them",
  async (stage) => {
    const { cluster, crowd } = stage;
    await cluster.redis.kill();
    await goesOn(crowd, delay(OUTAGE_MS));
    await cluster.redis.start();
    await isWhole(stage);
  },
);

scenario(
  "subscribers that Redis throws out, as it does with slow ones, miss nothing",
  async (stage) => {
    const { cluster, crowd } = stage;
    for (let times = 0; times < THROWN_OUT; times++) {
      // The answer says how many they were: two connections a node, one of them subscribed.
      const answer = await hearFirst(cluster.redis, "CLIENT KILL TYPE pubsub\r\n");
      if (times === 0) assertEquals(answer, `:${cluster.all.length}\r\n`);
      await goesOn(crowd, delay(1_500));
    }
  },
);

scenario("while MySQL hangs, senders are told unavailable; then it goes on", async (stage) => {
  await stage.cluster.database.freeze();
  await isUnavailable(stage);
  stage.cluster.database.thaw();
  await isWhole(stage);
});

scenario("while MySQL is gone, senders are told unavailable; then it goes on", async (stage) => {
  await stage.cluster.database.kill();
  await isUnavailable(stage);
  await stage.cluster.database.start();
  await isWhole(stage);
});

/** Through the whole outage: nobody is told `sent`, and the nodes say that they are not ready. */
async function isUnavailable({ cluster, crowd }: Stage): Promise<void> {
  // What was under way may still be answered.
  await delay(1_000);
  const before = crowd.acknowledged;
  await delay(OUTAGE_MS - 1_000);
  assertEquals(crowd.acknowledged, before, "messages were acknowledged without the store");
  assertEquals(await cluster.ready(0), 503);
  const refused = crowd.participants.flatMap(({ refusals }) => [...refusals.keys()]);
  assert(refused.includes("unavailable"), `nobody was told unavailable, only ${refused}`);
}

async function isWhole({ cluster, crowd }: Stage): Promise<void> {
  const untilMs = performance.now() + RECOVER_MS;
  for (const index of cluster.all.keys()) {
    while (await cluster.ready(index) !== 200) {
      assert(performance.now() < untilMs, `node ${index} is not ready again`);
      await delay(100);
    }
  }
  await goesOn(crowd, delay(3_000));
}
