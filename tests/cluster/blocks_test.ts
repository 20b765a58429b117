import { assertEquals, assertObjectMatch } from "@std/assert";
import { delay } from "@std/async/delay";
import { missingPrograms } from "../../backends/program.ts";
import { REDIS_PROGRAMS } from "../../backends/redis.ts";
import { fine } from "../chat/cast.ts";
import { Client } from "../chat/chat_client.ts";
import { startTwoNodes } from "./harness/two_nodes.ts";

const LOOK_EVERY_MS = 50;

Deno.test({
  name: "two nodes: neither typing nor reading of who is blocked is told on the other",
  ignore: missingPrograms(...REDIS_PROGRAMS).length > 0,
  async fn() {
    await using nodes = await startTwoNodes();
    const { here, there } = nodes;
    await using alice = await Client.connect(here, "Alice");
    await using bob = await Client.connect(there, "Bob");
    // A name of another node is known within half a second.
    const ask = { type: "members", room: "@Bob" };
    while ((await alice.ask(ask)).code === "no_such_user") await delay(LOOK_EVERY_MS);
    fine(await alice.say("@Bob", "hello"));
    await bob.next("message");
    // Of Alice's, on Bob's node: her own devices hear of her marks.
    await using phone = await Client.connect(there, { token: alice.welcome.token });
    fine(await bob.say("@Alice", "hi"));
    await alice.first(({ type, seq }) => type === "message" && seq === 2);
    fine(await alice.ask({ type: "typing", room: "@Bob" }));
    await bob.next("typing");
    fine(await alice.ask({ type: "read", room: "@Bob", seq: 1 }));
    await bob.next("read");

    fine(await bob.ask({ type: "block", user: "Alice" }));
    await using back = await Client.connect(here, { token: alice.welcome.token });
    fine(await back.join("@Bob"));
    assertEquals((await back.ask({ type: "typing", room: "@Bob" })).code, "blocked");
    fine(await alice.ask({ type: "read", room: "@Bob", seq: 2 }));
    assertObjectMatch(await phone.next("read", ({ seq }) => seq === 2), { room: "@Bob" });
    // What Bob says next has come after all that.
    fine(await bob.say("@Alice", "done"));
    await alice.first(({ type, seq }) => type === "message" && seq === 3);
    await bob.sync();
    assertEquals([bob.all("typing").length, bob.all("read").length], [1, 1]);
  },
});
