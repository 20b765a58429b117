import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { hearFirst } from "../../backends/program.ts";
import { goesOn, isWhole, OUTAGE_MS, scenario, type Stage } from "./harness/scenario.ts";

const THROWN_OUT = 3;
const LOOK_EVERY_MS = 50;

scenario("three nodes: everybody of a room hears the same, once, in order", isWhole);

scenario("a node killed with -9 takes nothing with it", async (stage) => {
  const { cluster, crowd } = stage;
  await cluster.all[1]!.kill();
  await crowd.isServed();
  await cluster.all[1]!.start();
  await isWhole(stage);
});

scenario(
  "nodes that are drained and started anew, one after the other, lose nothing",
  async (stage) => {
    for (const node of stage.cluster.all) {
      assertEquals(await node.drain(), 0, "the node did not stop in time");
      await node.start();
      await isWhole(stage);
    }
  },
);

scenario("Redis that is started anew costs nothing", async (stage) => {
  await stage.cluster.redis.kill();
  await stage.cluster.redis.start();
  await isWhole(stage);
});

scenario("while Redis hangs, messages are acknowledged; then everybody has them", async (stage) => {
  await stage.cluster.redis.freeze();
  await goesOn(stage);
  stage.cluster.redis.thaw();
  await isWhole(stage);
});

scenario(
  "while Redis is gone, messages are acknowledged; then everybody has them",
  async (stage) => {
    await stage.cluster.redis.kill();
    await goesOn(stage);
    await stage.cluster.redis.start();
    await isWhole(stage);
  },
);

scenario(
  "subscribers that Redis throws out, as it does with slow ones, miss nothing",
  async (stage) => {
    const { redis, all: { length } } = stage.cluster;
    for (let times = 0; times < THROWN_OUT; times++) {
      // The answer says how many they were: two connections a node, one of them subscribed.
      const answer = await hearFirst(redis, "CLIENT KILL TYPE pubsub\r\n");
      assertEquals(answer, `:${length}\r\n`);
      let listening: string | undefined;
      while (!listening?.endsWith(`:${length}\r\n`)) {
        await delay(LOOK_EVERY_MS);
        listening = await hearFirst(redis, "PUBSUB NUMSUB hubbub:0:nodes\r\n");
      }
      await stage.crowd.isServed();
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
  for (const index of cluster.all.keys()) await cluster.becomes(index, 503);
  // What was answered before may still be on its way.
  await crowd.sync();
  const { acknowledged } = crowd;
  const refused = crowd.refused("unavailable");
  await delay(OUTAGE_MS);
  assertEquals(crowd.acknowledged, acknowledged, "messages were acknowledged without the store");
  for (const index of cluster.all.keys()) await cluster.becomes(index, 503);
  assert(crowd.refused("unavailable") > refused, "nobody was told unavailable");
}
