import { assert, assertEquals, assertRejects } from "@std/assert";
import { systemClock } from "../actors/clock.ts";
import type { SharedKeys } from "../actors/shared_keys.ts";
import { missingPrograms } from "../backends/program.ts";
import type { BackendServer } from "../backends/backend_server.ts";
import { REDIS_PROGRAMS, startRedis } from "../backends/redis.ts";
import { RedisKeys } from "./redis_keys.ts";

const isSkipped = missingPrograms(...REDIS_PROGRAMS).length > 0;

function redis(
  promise: string,
  run: (redis: BackendServer, keys: SharedKeys) => Promise<void>,
): void {
  Deno.test({
    name: promise,
    ignore: isSkipped,
    async fn() {
      await using redis = await startRedis();
      const keys = await open(redis);
      try {
        await run(redis, keys);
      } finally {
        await keys.close();
      }
    },
  });
}

async function open(redis: BackendServer): Promise<SharedKeys> {
  const keys = new RedisKeys({ url: redis.url(), clock: systemClock });
  await answers(keys);
  return keys;
}

async function answers(keys: SharedKeys): Promise<void> {
  const untilMs = performance.now() + 90_000;
  while (!await keys.put("probe", "", 10).then(() => true, () => false)) {
    assert(performance.now() < untilMs, "Redis is not connected to");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

redis("a key has one owner, until it is released or its time is over", async (_, keys) => {
  assertEquals(await keys.claim("name:a", "alice", 10_000), true);
  assertEquals(await keys.claim("name:a", "bob", 10_000), false);
  assertEquals(await keys.claim("name:a", "alice", 10_000), true, "it is hers");
  await keys.release("name:a", "bob");
  assertEquals(await keys.claim("name:a", "bob", 10_000), false, "not his to release");
  await keys.release("name:a", "alice");
  assertEquals(await keys.claim("name:a", "bob", 30), true);
  await new Promise((resolve) => setTimeout(resolve, 60));
  assertEquals(await keys.claim("name:a", "alice", 10_000), true);
});

redis("of many nodes that want a key at once one gets it", async (redis, keys) => {
  const other = await open(redis);
  const claims = Array.from(
    { length: 200 },
    (_, index) => (index % 2 ? keys : other).claim("name:b", `u${index}`, 10_000),
  );
  assertEquals((await Promise.all(claims)).filter((taken) => taken).length, 1);
  await other.close();
});

redis("what is left there is taken out once, as it was", async (_, keys) => {
  const value = '{"user":"é\\u0000 \\"x\\""}';
  await keys.put("ticket:t", value, 10_000);
  const taken = await Promise.all(Array.from({ length: 50 }, () => keys.takeOut("ticket:t")));
  assertEquals(taken.filter((each) => each !== undefined), [value]);
  await keys.put("ticket:t", value, 20);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assertEquals(await keys.takeOut("ticket:t"), undefined);
});

redis("who was held up longer than it waits still hears what was answered", async (_, keys) => {
  const claiming = keys.claim("name:h", "alice", 10_000);
  // As a collection of garbage does, or a machine that stands still.
  for (const startMs = performance.now(); performance.now() - startMs < 1_300;);
  assertEquals(await claiming, true);
});

redis(
  "a Redis that hangs or is gone is told of within a second, and found again",
  async (redis, keys) => {
    await redis.freeze();
    // The best of three: other programs use this machine, too.
    const times = [];
    for (let turn = 0; turn < 3; turn++) {
      const startedMs = performance.now();
      await assertRejects(() => keys.claim("name:c", "alice", 10_000), Error, "did not answer");
      times.push(performance.now() - startedMs);
    }
    assert(Math.min(...times) < 2_000, `told after ${times.map(Math.round)} ms`);
    redis.thaw();
    await answers(keys);
    await redis.kill();
    await assertRejects(() => keys.claim("name:c", "alice", 10_000));
    await redis.start();
    await answers(keys);
    assertEquals(await keys.claim("name:c", "bob", 10_000), true, "it has forgotten everything");
  },
);

Deno.test("keys without a Redis are away, and close at once", async () => {
  const keys = new RedisKeys({ url: "redis://127.0.0.1:1", clock: systemClock });
  await assertRejects(() => keys.claim("name:d", "alice", 10_000), Error, "away");
  await keys.close();
});
