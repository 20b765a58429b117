import { assert } from "@std/assert";
import { freePort } from "../../backends/program.ts";
import { havoc, type Lines } from "./harness/havoc.ts";
import { isSkipped, isWhole, play, SEED } from "./harness/scenario.ts";
import { startProxy } from "./harness/tcp_proxy.ts";

/** What befalls a cluster one thing at a time elsewhere, here one on top of another. */

/** More by the environment: HUBBUB_TEST_HAVOC_SECONDS=120, HUBBUB_TEST_HAVOC_RUNS=10. */
const SECONDS = Number(Deno.env.get("HUBBUB_TEST_HAVOC_SECONDS") ?? 8);
const RUNS = Number(Deno.env.get("HUBBUB_TEST_HAVOC_RUNS") ?? 1);

for (const seed of Array.from({ length: RUNS }, (_, index) => SEED + index)) {
  Deno.test({
    name: `whatever fails together, nothing is lost, doubled or out of order; seed ${seed}`,
    ignore: isSkipped,
    async fn(test) {
      await using stack = new AsyncDisposableStack();
      const line = (port: number) => stack.use(startProxy({ hostname: "127.0.0.1", port }));
      const ports = [freePort(), freePort(), freePort()];
      const fronts = ports.map(line);
      const lines: Lines[] = [];
      await play(test.name, async (stage) => {
        const { cluster } = stage;
        const done = await havoc({ cluster, lines, seed, seconds: SECONDS });
        console.log([...done].map(([what, times]) => `${what} ${times}`).join(", "));
        assert(done.size > 0, "nothing failed");
        await isWhole(stage);
      }, {
        clients: () => fronts.map(({ port }) => `ws://127.0.0.1:${port}/ws`),
        args: (index) => ["--port", String(ports[index])],
        route(index, servers) {
          const { mysql, redis } = lines[index] = {
            front: fronts[index]!,
            mysql: line(servers.mysql.port),
            redis: line(servers.redis.port),
          };
          return { mysql, redis };
        },
      }, { seed, upheaval: true });
    },
  });
}
