import { assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { missingPrograms } from "../../backends/program.ts";
import { REDIS_PROGRAMS } from "../../backends/redis.ts";
import { Client, type Said } from "../chat/chat_client.ts";
import { PATIENCE_MS, until } from "../patience.ts";
import { isReady, startTwoNodes } from "./harness/two_nodes.ts";

/** Groups over two nodes and a real Redis that is away while their members change. */

const LOOK_EVERY_MS = 50;

const ofTeam = ({ room }: Said) => room === "team";
const seqs = (client: Client) =>
  client.said.filter((each) => ofTeam(each) && each["re"] === undefined && each["seq"])
    .filter(({ type }) => type !== "read").map(({ seq }) => seq);

Deno.test({
  name: "two nodes: who is invited, told of a change and put out while Redis is away learns of all",
  ignore: missingPrograms(...REDIS_PROGRAMS).length > 0,
  async fn() {
    await using nodes = await startTwoNodes();
    const { here, there, redis } = nodes;
    await using alice = await Client.connect(here, "Alice");
    await using bob = await Client.connect(there, "Bob");
    // With an account she is let in also while Redis is away; she has been nowhere yet.
    const token = await account(there, "Carol");
    await knows(alice, "@Bob");
    const create = { type: "create", room: "team", kind: "group", members: ["Carol"] };
    assertEquals((await alice.ask(create)).type, "created");
    await redis.kill();
    // When that is noticed the store is asked what was missed; it is asked again some seconds later.
    await until("its loss to be noticed", () => isAway(there));
    await nodes.answered("there", "belongings");
    // 1 and 2 are the making of it; its people on the other node hear of nothing.
    assertEquals((await alice.ask({ type: "invite", room: "team", user: "Bob" })).seq, 3);
    assertEquals((await alice.say("team", "welcome, Bob")).seq, 4);

    // Her welcome counts all of it; she starts what serves the group there.
    await using carol = await Client.connect(there, { token });
    assertEquals((await carol.say("team", "hello")).seq, 5);
    await bob.next("message", ({ content }) => content === "hello");
    assertEquals(seqs(bob), [3, 4, 5]);
    assertEquals(bob.all("member").map(({ user, change }) => [user, change]), [["Bob", "invited"]]);
    assertEquals(await unread(bob), [["team", 2]]);

    assertEquals((await alice.ask({ type: "set", room: "team", topic: "Plans" })).seq, 6);
    assertEquals((await bob.next("room", ofTeam)).topic, "Plans");
    assertEquals((await bob.join("team", { since: 6 })).topic, "Plans");

    assertEquals((await alice.ask({ type: "kick", room: "team", user: "Bob" })).seq, 7);
    // What asks the store is refused at once, and all else when the store was asked.
    const history = { type: "history", room: "team" };
    assertEquals((await bob.ask(history)).code, "not_member");
    assertEquals(
      (await bob.ask({ type: "invite", room: "team", user: "Alice" })).code,
      "not_member",
    );
    await bob.next("member", ({ user, change }) => user === "Bob" && change === "kicked");
    assertEquals((await bob.say("team", "still here?")).code, "not_member");
    assertEquals((await bob.join("team")).code, "not_member");
    assertEquals((await alice.say("team", "without Bob")).seq, 8);
    await carol.next("message", ({ content }) => content === "without Bob");

    await redis.start();
    for (const { http } of [here, there]) await isReady(http);
    assertEquals((await alice.say("team", "back")).seq, 9);
    await carol.next("message", ({ content }) => content === "back");
    // What the first of them brought has come to the people there by the second.
    for (let asked = 0; asked < 2; asked++) await nodes.answered("there", "heads");
    await bob.sync();
    assertEquals(seqs(bob), [3, 4, 5, 6, 7]);
    assertEquals(seqs(carol), [5, 6, 7, 8, 9]);
    assertEquals(await unread(bob), []);
    assertEquals([...here.failures, ...there.failures], []);
  },
});

/** Who came to another node is known here a moment later. */
async function knows(client: Client, room: string): Promise<void> {
  const untilMs = performance.now() + PATIENCE_MS;
  while ((await client.join(room)).code === "no_such_user") {
    if (performance.now() > untilMs) throw new Error(`nobody here knows ${room}`);
    await delay(LOOK_EVERY_MS);
  }
}

async function isAway({ http }: { readonly http: string }): Promise<boolean> {
  const response = await fetch(`${http}/readyz`);
  await response.body?.cancel();
  return response.status === 503;
}

async function unread(client: Client): Promise<[string, number][]> {
  const { rooms } = await client.ask({ type: "unread" });
  return rooms.map((each: Said) => [each["room"], each["unread"]]);
}

async function account({ http }: { readonly http: string }, name: string): Promise<string> {
  const answer = await fetch(`${http}/api/accounts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name, password: "correct horse battery" }),
  });
  return (await answer.json()).token;
}
