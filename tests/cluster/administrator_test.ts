import { assert, assertEquals, assertObjectMatch } from "@std/assert";
import { missingPrograms } from "../../backends/program.ts";
import { REDIS_PROGRAMS } from "../../backends/redis.ts";
import { fine } from "../chat/cast.ts";
import { Client } from "../chat/chat_client.ts";
import { administrator } from "../operations/administrator.ts";
import { startTwoNodes } from "./harness/two_nodes.ts";

Deno.test({
  name: "two nodes: an administrator puts somebody out who is on the other, until the grant ends",
  ignore: missingPrograms(...REDIS_PROGRAMS).length > 0,
  async fn() {
    await using nodes = await startTwoNodes();
    const { here, there, store } = nodes;
    const { token } = await administrator(here);
    await using chief = await Client.connect(here, { token });
    await using bob = await Client.connect(there, "Bob");
    await using cyd = await Client.connect(there, "Cyd");
    for (const client of [bob, cyd]) fine(await client.join("lobby"));
    // Known on the other node by then.
    fine(await chief.ask({ type: "join", room: "lobby" }));
    await chief.first(({ type, users }) => type === "joined" && users?.includes("Cyd"));
    fine(await chief.ask({ type: "ban", room: "lobby", user: "Bob" }));
    assertObjectMatch(await bob.next("member"), { user: "Bob", change: "banned" });
    assertEquals((await bob.say("lobby", "still here?")).code, "banned");
    fine(await chief.ask({ type: "role", room: "lobby", user: "Cyd", role: "owner" }));
    assertObjectMatch(await cyd.next("member"), { user: "Bob", change: "banned" });
    assertObjectMatch(await cyd.next("member"), { user: "Cyd", role: "owner" });
    const user = await store.userByName("chief");
    assert(user);
    await store.setAdmin(user.id, false);
    const kick = { type: "kick", room: "lobby", user: "Cyd" };
    assertEquals((await chief.ask(kick)).code, "forbidden");
    fine(await cyd.ask({ ...kick, user: "Chief" }));
    assertObjectMatch(await chief.next("member", ({ change }) => change === "kicked"), {
      user: "Chief",
    });
  },
});
