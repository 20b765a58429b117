import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { Client, type Said } from "../chat/chat_client.ts";
import { until } from "../patience.ts";
import { Cluster } from "./harness/cluster.ts";
import { isSkipped } from "./harness/scenario.ts";
import { isReady } from "./harness/two_nodes.ts";

/** A node that dies is found out within 30 s. */
const DEAD_MS = 30_000;

Deno.test({
  name: "a node killed with -9: its people go within 30 s, come back at once by their token",
  ignore: isSkipped,
  async fn() {
    await using cluster = await Cluster.start({ nodes: 2 });
    const [here, there] = [cluster.all[0]!, cluster.all[1]!];
    for (const { http } of [here, there]) await isReady(http);
    // The harness says where to connect, a client what else it wants there.
    const at = (ws: string) => ({ ws: ws.replace(/\?.*$/, "") });
    await using alice = await Client.connect(at(here.ws), "Alice");
    const bob = await Client.connect(at(there.ws), "Bob");
    const carol = await Client.connect(at(there.ws), "Carol");
    const { token } = carol.welcome;
    for (const client of [alice, bob, carol]) await client.join("lobby");
    await Promise.all([alice.join("@Bob"), bob.join("@Alice")]);
    await alice.say("@Bob", "hello");
    await until(
      "all three to be known here",
      async () => (await alice.ask({ type: "members", room: "lobby" })).count === 3,
    );
    assertEquals((await alice.say("@Bob", "there?")).online, true);

    await there.kill();
    await Promise.all([bob.closed, carol.closed]);
    await using back = await Client.connect(at(here.ws), { token });
    assertEquals(back.name, "Carol", "her name waits for her");
    await back.join("lobby");

    const startedMs = performance.now();
    const left = (name: string) => ({ type, users }: Said) =>
      type === "left" && users?.includes(name);
    await deadline(alice.first(left("Bob")), DEAD_MS);
    console.log(`gone after ${Math.round((performance.now() - startedMs) / 1_000)} s`);
    assert(!alice.said.some(left("Carol")), "she has only moved");
    assertEquals((await alice.ask({ type: "members", room: "lobby" })).count, 2);
    await alice.first(({ type, user, online }) =>
      type === "presence" && user === "Bob" && online === false
    );
    assertEquals((await alice.say("@Bob", "still there?")).online, false);
  },
});
