import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { missingPrograms } from "../../backends/program.ts";
import { REDIS_PROGRAMS } from "../../backends/redis.ts";
import { Client, HERE, type Said, TextClient } from "../chat/chat_client.ts";
import type { ChatServer } from "../chat/chat_server.ts";
import { STALL_MS } from "../patience.ts";
import { isReady, startTwoNodes, type TwoNodes } from "./harness/two_nodes.ts";
import { DEFAULT_LIMITS } from "../../protocol/limits.ts";

/** Each connection is looked at every 5 s. */
const ENDED_MS = 5_000 + STALL_MS;

const isSkipped = missingPrograms(...REDIS_PROGRAMS).length > 0;

function twoNodes(
  promise: string,
  run: (nodes: TwoNodes) => Promise<void>,
  changes: Parameters<typeof startTwoNodes>[0] = {},
): void {
  Deno.test({
    name: `two nodes: ${promise}`,
    ignore: isSkipped,
    async fn() {
      await using nodes = await startTwoNodes(changes);
      await run(nodes);
      assertEquals([...nodes.here.failures, ...nodes.there.failures], []);
    },
  });
}

interface Asked {
  readonly method?: string;
  readonly body?: unknown;
  readonly token?: string;
}

async function ask(node: ChatServer, path: string, { method = "POST", body, token }: Asked) {
  const response = await fetch(`${node.http}${path}`, {
    method,
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, json: text === "" ? undefined : JSON.parse(text) };
}

const LOGIN = { name: "Ann", password: "correct horse battery" };

async function logIn(node: ChatServer): Promise<string> {
  return (await ask(node, "/api/sessions", { body: LOGIN })).json.token;
}

const is = (name: string) => ({ users }: Said) => users?.includes(name);

twoNodes("people see each other come, are counted once, and go", async ({ here, there }) => {
  await using alice = await Client.connect(here, "Alice");
  await alice.join("lobby");
  const bob = await Client.connect(there, "Bob");
  await bob.join("lobby");
  assertEquals((await alice.next("joined", is("Bob"))).count, 2);
  await bob.first((event) => is("Alice")(event) || event.members?.length === 2);
  const { members, count } = await alice.ask({ type: "members", room: "lobby" });
  assertEquals([members.length, count], [2, 2]);
  await Promise.all([alice.join("@Bob"), bob.join("@Alice")]);
  await alice.say("@Bob", "psst");
  assertEquals((await bob.next("message")).content, "psst");
  assertEquals((await alice.say("@Bob", "still there?")).online, true);
  await bob.close();
  assertEquals((await alice.next("left", is("Bob"))).count, 1);
  const offline = await alice.next("presence", ({ user }) => user === "Bob");
  assertEquals(offline.online, false);
});

twoNodes(
  "a name is one user's on both, and its own again with the token",
  async ({ here, there }) => {
    const alice = await Client.connect(here, "Alice");
    const { token } = alice.welcome;
    const other = Client.open(there, { name: "alice" });
    assertEquals((await other.closed).code, 4003);
    assertEquals(other.said[0]?.code, "name_taken");
    await alice.close();
    // At once, on the other node: the name is held for it.
    await using back = await Client.connect(there, { token });
    assertEquals(back.name, "Alice");
    const late = Client.open(here, { name: "Alice" });
    assertEquals((await late.closed).code, 4003);
  },
);

twoNodes("of many who want one name at the same time one gets it", async ({ here, there }) => {
  const want = async (node: ChatServer) => {
    for (;;) {
      const client = Client.open(node, { name: "Dora" });
      const end = await Promise.race([
        client.next("welcome").then(() => "in", () => "never"),
        client.closed.then(({ code }) => code),
      ]);
      // Where Redis is slow to answer, they are told to come back.
      if (end !== 1013) return { client, end };
    }
  };
  const all = await Promise.all(
    Array.from({ length: 20 }, (_, index) => want(index % 2 ? here : there)),
  );
  const others = all.filter(({ end }) => end !== "in").map(({ end }) => end);
  assertEquals(others, Array.from({ length: 19 }, () => 4003));
  await all.find(({ end }) => end === "in")!.client.sync();
  for (const { client } of all) await client.close();
});

twoNodes("guests without a name are given names of their own", async ({ here, there }) => {
  const all = await Promise.all(
    Array.from({ length: 60 }, (_, index) => Client.connect(index % 2 ? here : there)),
  );
  assertEquals(new Set(all.map(({ name }) => name)).size, 60);
  for (const client of all) await client.close();
});

twoNodes("logging out on one node closes that session's connections on both", async (nodes) => {
  const { here, there } = nodes;
  const first = (await ask(here, "/api/accounts", { body: LOGIN })).json.token;
  const second = await logIn(there);
  const [a, b, c] = [
    await Client.connect(here, { token: first }),
    await Client.connect(there, { token: first }),
    await Client.connect(there, { token: second }),
  ];
  assertEquals(
    (await ask(here, "/api/sessions/current", { method: "DELETE", token: first })).status,
    204,
  );
  assertEquals([(await a.closed).code, (await b.closed).code], [4001, 4001]);
  await c.sync();
  const changed = { old: LOGIN.password, new: "another horse battery" };
  const third = await logIn(here);
  await using d = await Client.connect(here, { token: third });
  assertEquals(
    (await ask(there, "/api/accounts/me/password", { body: changed, token: third })).status,
    204,
  );
  assertEquals((await c.closed).code, 4001);
  await d.sync();
});

twoNodes("a session ended while Redis is away is closed within seconds", async (nodes) => {
  const { here, there, redis } = nodes;
  const token = (await ask(here, "/api/accounts", { body: LOGIN })).json.token;
  const far = await Client.connect(there, { token });
  await redis.kill();
  await ask(here, "/api/sessions/current", { method: "DELETE", token });
  const startedMs = performance.now();
  assertEquals((await far.closed).code, 4001);
  assert(performance.now() - startedMs < ENDED_MS);
  await redis.start();
});

twoNodes("a ticket of one node is good once, on the other", async ({ here, there }) => {
  await using alice = await Client.connect(here, "Alice");
  const { ticket } = (await ask(here, "/api/tickets", { token: alice.welcome.token })).json;
  const open = (node: ChatServer) => new WebSocket(`${node.ws}?ticket=${ticket}&format=json`);
  const outcome = (socket: WebSocket) =>
    new Promise<string>((resolve) => {
      socket.addEventListener("message", ({ data }) => {
        const { type, code } = JSON.parse(String(data).split("\n")[0]!);
        resolve(code ?? type);
        socket.close();
      });
    });
  const sockets = [open(there), open(here), open(there)];
  const ended = sockets.map((socket) =>
    new Promise((resolve) => socket.addEventListener("close", resolve))
  );
  assertEquals((await Promise.all(sockets.map(outcome))).sort(), [
    "unauthorized",
    "unauthorized",
    "welcome",
  ]);
  await Promise.all(ended);
});

twoNodes(
  "one user over two nodes says no more than on one",
  async ({ here, there }) => {
    const one = await Client.connect(here, "Alice");
    const other = await Client.connect(there, { token: one.welcome.token });
    await Promise.all([one.join("lobby"), other.join("lobby")]);
    let sent = 0;
    /** A round that took longer than this waited for the machine, and not for its turn. */
    const roundMaxMs = 100;
    let demandingMs = 0;
    const startedMs = performance.now();
    while (performance.now() - startedMs < 6_000) {
      const roundMs = performance.now();
      const answers = await Promise.all(
        [one, other].flatMap((client) => [client.say("lobby", "x"), client.say("lobby", "y")]),
      );
      sent += answers.filter(({ type }) => type === "sent").length;
      if (answers.some(({ type }) => type === "error")) await delay(50);
      demandingMs += Math.min(roundMaxMs, performance.now() - roundMs);
    }
    const seconds = (performance.now() - startedMs) / 1_000;
    // A burst on each before they have heard of each other; then the rate of one.
    // What nodes tell each other may come late on a machine in use.
    const allowed = 2 * 40 + 20 * (seconds + 2);
    assert(sent <= allowed, `${sent} sent in ${seconds} s, ${allowed} allowed`);
    assert(sent >= 20 * demandingMs / 1_000 / 2, `only ${sent} sent in ${demandingMs} ms`);
    await one.close();
    await other.close();
  },
  { limits: { ...DEFAULT_LIMITS, ratePerSecond: 20 } },
);

twoNodes(
  "an administrator's notice reaches everybody, and the node says its name",
  async (nodes) => {
    const { here, there, store } = nodes;
    const { json } = await ask(here, "/api/accounts", { body: LOGIN });
    await store.setAdmin((await store.userByName("ann"))!.id, true);
    await using alice = await Client.connect(there, "Alice");
    await using text = new TextClient(there, "?name=Bob");
    await text.isIn(`Bob: ${HERE}`);
    const body = { content: "Back in a minute." };
    assertEquals((await ask(here, "/api/notices", { body, token: json.token })).status, 204);
    assertEquals((await alice.next("notice")).content, "Back in a minute.");
    await text.line("* Back in a minute.");
    const actors = await ask(there, "/api/actors?limit=1", { method: "GET", token: json.token });
    assertEquals(actors.json.node, "there");
  },
);

twoNodes("Redis away and back: nobody goes, newcomers are told, and it heals", async (nodes) => {
  const { here, there, redis } = nodes;
  await using alice = await Client.connect(here, "Alice");
  await alice.join("lobby");
  await using bob = await Client.connect(there, "Bob");
  await bob.join("lobby");
  await alice.next("joined", is("Bob"));
  await redis.kill();
  const refused = Client.open(there, { name: "Carol" });
  assertEquals((await refused.closed).code, 1013);
  assertEquals(refused.said[0]?.code, "unavailable");
  await using guest = await Client.connect(there);
  await guest.join("lobby");
  await using again = await Client.connect(here, { token: bob.welcome.token });
  assertEquals(again.name, "Bob", "known to be online elsewhere");
  await alice.say("lobby", "going on");
  await redis.start();
  for (const { http } of [here, there]) await isReady(http);
  await alice.next("joined", is(guest.name));
  assertEquals(alice.all("left"), []);
  assertEquals((await alice.ask({ type: "members", room: "lobby" })).count, 3);
  // Names, too, are there for who is ready.
  await using carol = await Client.connect(there, "Carol");
  assertEquals(carol.name, "Carol");
});
