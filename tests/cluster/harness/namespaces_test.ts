import { assert, assertEquals } from "@std/assert";
import { canMakeNamespaces, makeNamespaces } from "./namespaces.ts";
import { hearFirst, missingPrograms, runProgram } from "../../../backends/program.ts";
import { REDIS_PROGRAMS, startRedis } from "../../../backends/redis.ts";
import { PATIENCE_MS } from "../../patience.ts";

const PATIENCE_SECONDS = String(PATIENCE_MS / 1_000);

const ignore = missingPrograms("redis-cli", ...REDIS_PROGRAMS).length > 0 ||
  !await canMakeNamespaces();

Deno.test({
  name: "a link between two hosts of the test's own swallows what is sent, until it is mended",
  ignore,
  async fn() {
    const names: string[] = [];
    {
      await using hosts = await makeNamespaces();
      const { inNode, inStore, store, redis: seen } = hosts;
      names.push(inNode.at(-1)!, inStore.at(-1)!);
      await using redis = await startRedis({ hostname: store, prefix: inStore });
      const ping = (seconds: string = PATIENCE_SECONDS) => {
        const [ip = "", ...rest] = [...inNode, "timeout", seconds, "redis-cli", "-h", seen, "PING"];
        return runProgram(ip, ...rest).then((said) => said.trim(), () => "nothing");
      };
      assertEquals(await ping(), "PONG");
      await hosts.cut("redis");
      assertEquals(await ping("2"), "nothing");
      assert((await hearFirst(redis, "PING\r\n"))?.startsWith("+PONG"), "the other link went, too");
      await hosts.mend("redis");
      assertEquals(await ping(), "PONG");
    }
    const left = (await runProgram("ip", "netns", "list")).split(/\s/);
    assertEquals(names.filter((name) => left.includes(name)), [], "namespaces were left behind");
  },
});
