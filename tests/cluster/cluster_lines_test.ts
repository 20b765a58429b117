import { assert } from "@std/assert";
import { delay } from "@std/async/delay";
import { Dice } from "../chat/model_dice.ts";
import type { ClusterOptions } from "./harness/cluster.ts";
import { Mischief } from "./harness/mischief.ts";
import { canMakeNamespaces, makeNamespaces } from "./harness/namespaces.ts";
import { goesOn, isSkipped, isWhole, play } from "./harness/scenario.ts";
import { type Proxy, startProxy } from "./harness/tcp_proxy.ts";

/** The lines between a node and the servers behind it: swallowing, cut, and lying. */

/** How long a line that breaks again and again is away, and how long it is there. */
const BROKEN_MAX_MS = 100;
const WHOLE_MAX_MS = 500;
const LIES = { drop: 10, double: 10, swap: 10 };
/** So many of each are told at least. */
const LIES_MIN = 50;
const LOOK_EVERY_MS = 50;

test("Redis messages that are dropped, doubled and swapped change nothing", async (promise) => {
  const mischief = new Mischief(LIES, 1);
  await using lines = new AsyncDisposableStack();
  const fewest = () => {
    const { dropped, doubled, swapped } = mischief.done;
    return Math.min(dropped, doubled, swapped);
  };
  await play(promise, async ({ crowd }) => {
    while (fewest() < LIES_MIN) await delay(LOOK_EVERY_MS);
    await crowd.isServed();
  }, {
    route(_, servers) {
      return { ...servers, redis: lines.use(startProxy(servers.redis, mischief.tamper)) };
    },
  });
  console.log(`lied: ${JSON.stringify(mischief.done)}`);
});

for (const server of ["redis", "mysql"] as const) {
  for (const how of ["stall", "cut"] as const) {
    const what = how === "stall" ? "swallows everything" : "is cut";
    test(`a node whose line to ${server} ${what} heals without a gap`, async (promise) => {
      await using lines = new AsyncDisposableStack();
      let line: Proxy | undefined;
      const route: ClusterOptions["route"] = (index, servers) => {
        if (index > 0) return servers;
        line ??= lines.use(startProxy(servers[server]));
        return { ...servers, [server]: line };
      };
      await play(promise, async (stage) => {
        line![how]();
        await goesOn(stage);
        line!.heal();
        await isWhole(stage);
        if (server === "mysql") assert(stage.crowd.refused("unavailable") > 0, "nobody was told");
      }, { route });
    });
  }
}

for (const server of ["redis", "mysql"] as const) {
  test(`lines to ${server} that break again and again, at any moment, double nothing`, async (promise) => {
    await using stack = new AsyncDisposableStack();
    const lines: Proxy[] = [];
    await play(promise, async (stage) => {
      const dice = new Dice(stage.seed);
      let isOver = false;
      const breaking = (async () => {
        while (!isOver) {
          const line = dice.pick(lines);
          line.cut();
          await delay(dice.below(BROKEN_MAX_MS));
          line.heal();
          await delay(dice.below(WHOLE_MAX_MS));
        }
      })();
      try {
        await goesOn(stage);
      } finally {
        isOver = true;
        await breaking;
      }
      await isWhole(stage);
    }, {
      route(_, servers) {
        const line = stack.use(startProxy(servers[server]));
        lines.push(line);
        return { ...servers, [server]: line };
      },
    });
  });
}

test(
  "a node cut off from Redis, then from MySQL, by its network heals without a gap",
  async (promise) => {
    await using hosts = await makeNamespaces();
    const { inStore, inNode, store, node, redis, mysql } = hosts;
    await play(promise, async (stage) => {
      for (const link of ["redis", "mysql"] as const) {
        await hosts.cut(link);
        await stage.cluster.becomes(0, 503);
        await goesOn(stage);
        await hosts.mend(link);
        await isWhole(stage);
      }
      assert(stage.crowd.refused("unavailable") > 0, "nobody was told unavailable");
    }, {
      servers: { hostname: store, prefix: inStore },
      host: (index) =>
        index === 0 ? { prefix: inNode, hostname: node } : { prefix: [], hostname: "127.0.0.1" },
      route: (index, servers) =>
        index > 0 ? servers : {
          redis: { ...servers.redis, hostname: redis },
          mysql: { ...servers.mysql, hostname: mysql },
        },
    });
  },
  isSkipped || !await canMakeNamespaces(),
);

function test(
  promise: string,
  fn: (promise: string) => Promise<void>,
  ignore = isSkipped,
): void {
  Deno.test({ name: promise, ignore, fn: () => fn(promise) });
}
