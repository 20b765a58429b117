import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { missingPrograms } from "../../backends/program.ts";
import { REDIS_PROGRAMS } from "../../backends/redis.ts";
import { Client } from "../chat/chat_client.ts";
import type { ChatServer } from "../chat/chat_server.ts";
import { PATIENCE_MS } from "../patience.ts";
import { startTwoNodes } from "./harness/two_nodes.ts";

const LOOK_EVERY_MS = 50;

/** The node's figures, once they are as they should be. */
async function figures(
  { http }: ChatServer,
  are: (figure: (name: string) => number) => boolean,
): Promise<(name: string) => number> {
  const untilMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const text = await (await fetch(`${http}/metrics`)).text();
    const series = new Map(
      text.split("\n").map((line) => line.split(" ") as [string, string]),
    );
    const figure = (name: string) => Number(series.get(name));
    if (are(figure)) return figure;
    const some = text.split("\n").filter((line) => /^hubbub_(redis|relay|gap|node)/.test(line));
    assert(performance.now() < untilMs, some.join("\n"));
    await delay(LOOK_EVERY_MS);
  }
}

Deno.test({
  name: "two nodes: each has figures of itself, of the others, and of its way to them",
  ignore: missingPrograms(...REDIS_PROGRAMS).length > 0,
  async fn() {
    await using nodes = await startTwoNodes();
    const { here, there, redis } = nodes;
    await using alice = await Client.connect(here, "Alice");
    await using bob = await Client.connect(there, "Bob");
    for (const each of [alice, bob]) await each.join("lobby");
    await alice.say("lobby", "x");
    await bob.next("message");
    for (const [node, name] of [[here, "here"], [there, "there"]] as const) {
      await figures(
        node,
        (figure) =>
          figure(`hubbub_node{name="${name}"}`) === 1 && figure("hubbub_nodes") === 2 &&
          figure("hubbub_redis_up") === 1 && figure("hubbub_redis_lag_seconds_count") > 0 &&
          figure("hubbub_relay_published_total") > 0 && figure("hubbub_relay_received_total") > 0,
      );
    }

    await redis.kill();
    await figures(
      there,
      (figure) => figure("hubbub_redis_up") === 0 && figure("hubbub_redis_lost_total") === 1,
    );
    await alice.say("lobby", "y");
    await bob.next("message", ({ content }) => content === "y");
    const figure = await figures(there, (figure) => figure("hubbub_gap_events_total") > 0);
    assertEquals(figure("hubbub_store_up"), 1);
    const dropped = 'hubbub_relay_dropped_total{why="away"}';
    await figures(here, (figure) => figure(dropped) > 0);
    await redis.start();
    await figures(there, (figure) => figure("hubbub_redis_up") === 1);
  },
});
