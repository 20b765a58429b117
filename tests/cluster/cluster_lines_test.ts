import { assert } from "@std/assert";
import { delay } from "@std/async/delay";
import { Dice } from "../chat/model_dice.ts";
import type { ClusterOptions } from "./harness/cluster.ts";
import { Mischief } from "./harness/mischief.ts";
import { canMakeNamespaces, makeNamespaces } from "./harness/namespaces.ts";
import { goesOn, isSkipped, OUTAGE_MS, play } from "./harness/scenario.ts";
import { type Proxy, startProxy } from "./harness/tcp_proxy.ts";

/** The lines between a node and the servers behind it: swallowing, cut, and lying. */

/** How long a line that breaks again and again is away, and how long it is there. */
const BROKEN_MAX_MS = 100;
const WHOLE_MAX_MS = 500;
const LIES = { drop: 10, double: 10, swap: 10 };

test("Redis messages that are dropped, doubled and swapped change nothing", async (promise) => {
  const mischief = new Mischief(LIES, 1);
  await using lines = new AsyncDisposableStack();
  await play(promise, () => delay(OUTAGE_MS / 2), {
    route(_, servers) {
      return { ...servers, redis: lines.use(startProxy(servers.redis, mischief.tamper)) };
    },
  });
  const { dropped, doubled, swapped } = mischief.done;
  console.log(`lied: ${JSON.stringify(mischief.done)}`);
  assert(dropped > 10 && doubled > 10 && swapped > 10, "there was too little to lie about");
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
      await play(promise, async ({ crowd }) => {
        line![how]();
        await goesOn(crowd, delay(OUTAGE_MS));
        line!.heal();
        await goesOn(crowd, delay(3_000));
      }, { route });
    });
  }
}

for (const server of ["redis", "mysql"] as const) {
  test(`lines to ${server} that break again and again, at any moment, double nothing`, async (promise) => {
    await using stack = new AsyncDisposableStack();
    const lines: Proxy[] = [];
    await play(promise, async ({ crowd, seed }) => {
      const dice = new Dice(seed);
      const untilMs = performance.now() + OUTAGE_MS;
      await goesOn(
        crowd,
        (async () => {
          while (performance.now() < untilMs) {
            const line = dice.pick(lines);
            line.cut();
            await delay(dice.below(BROKEN_MAX_MS));
            line.heal();
            await delay(dice.below(WHOLE_MAX_MS));
          }
        })(),
      );
      await goesOn(crowd, delay(3_000));
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
    await play(promise, async ({ crowd }) => {
      for (const link of ["redis", "mysql"] as const) {
        await hosts.cut(link);
        await goesOn(crowd, delay(OUTAGE_MS));
        await hosts.mend(link);
        await goesOn(crowd, delay(3_000));
      }
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
