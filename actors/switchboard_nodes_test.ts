import { assertEquals } from "@std/assert";
import { CLOSE } from "../protocol/errors.ts";
import { FakeCluster } from "./fake_cluster.ts";
import { FakeSession, user } from "./fake_session.ts";
import { RECHECK_EVERY_MS } from "./recheck.ts";
import { TELL_EVERY_MS } from "./shared_map.ts";

const [alice, bob, carol] = [user("alice"), user("bob"), user("carol")];
const account = user("ann", false);

async function pass(cluster: FakeCluster, ms: number): Promise<void> {
  for (let leftMs = ms; leftMs > 0; leftMs -= 100) await cluster.advance(Math.min(leftMs, 100));
}

/** An account with a session of each id, and a connection of each on each of two nodes. */
async function sessions(...ids: string[]) {
  const cluster = await FakeCluster.open(2);
  const { store } = cluster;
  await store.createAccount(account, "ann", "hash", 1);
  const connected: FakeSession[] = [];
  for (const id of ids) {
    await store.createSession({ id, user: account.id, createdAt: 1, expiresAt: Infinity });
    for (const index of [0, 1]) {
      const options = { id: `${id}${index}`, tokenId: id };
      connected.push(await cluster.node(index).connect(account, "json", options));
    }
  }
  await pass(cluster, 2 * TELL_EVERY_MS);
  const closed = () => connected.filter((each) => each.closes().length > 0).map(({ id }) => id);
  return { cluster, store, closed };
}

const ENDED = { code: CLOSE.unauthorized, reason: "ended" };

Deno.test("connections of an ended session are closed on every node, and no others", async () => {
  const { cluster, closed } = await sessions("a", "b");
  const { board } = cluster.node(0);
  board.tell({ type: "end_sessions", user: account.id, token: "a", ...ENDED });
  await cluster.settle();
  assertEquals(closed(), ["a0", "a1"]);
  await cluster.close();
});

Deno.test("all but one session's are closed on every node", async () => {
  const { cluster, closed } = await sessions("a", "b", "c");
  const { board } = cluster.node(1);
  board.tell({ type: "end_sessions", user: account.id, exceptToken: "b", ...ENDED });
  await cluster.settle();
  assertEquals(closed(), ["a0", "a1", "c0", "c1"]);
  await cluster.close();
});

Deno.test("an ended session is found though the word of it is lost", async () => {
  const { cluster, store, closed } = await sessions("a", "b");
  cluster.server.away = true;
  await store.endSession("a");
  await pass(cluster, RECHECK_EVERY_MS + 1_000);
  assertEquals(closed(), ["a0", "a1"]);
  await store.deleteUser(account.id, 2);
  await pass(cluster, RECHECK_EVERY_MS + 1_000);
  assertEquals(closed(), ["a0", "a1", "b0", "b1"]);
  await cluster.close();
});

Deno.test("a guest that has become an account elsewhere is told to log in", async () => {
  const cluster = await FakeCluster.open(2);
  const [a, c] = [await cluster.node(0).connect(alice), await cluster.node(0).connect(carol)];
  await cluster.store.createAccount({ ...alice, guest: false }, "alice", "hash", 1);
  await cluster.store.createAccount(user("carola", false), "carol", "hash", 1);
  await pass(cluster, RECHECK_EVERY_MS + 1_000);
  assertEquals([a.closes(), c.closes()], [[CLOSE.unauthorized], [CLOSE.nameTaken]]);
  await cluster.close();
});

Deno.test("connections are rechecked by bounded queries, one at a time, all within the time", async () => {
  const sizes: number[] = [];
  let underWay = 0;
  const cluster = await FakeCluster.open(1, (store) => ({
    async ended(connections, at) {
      assertEquals(++underWay, 1);
      sizes.push(connections.length);
      const ended = await store.ended(connections, at);
      underWay--;
      return ended;
    },
  }));
  const node = cluster.node(0);
  for (let one = 0; one < 2_500; one++) {
    node.board.tell({ type: "connect", session: new FakeSession(user(`u${one}`)), reply() {} });
  }
  await pass(cluster, RECHECK_EVERY_MS);
  sizes.length = 0;
  await pass(cluster, 2 * RECHECK_EVERY_MS);
  assertEquals(sizes.slice(0, 3).toSorted((a, b) => a - b), [500, 1_000, 1_000]);
  await cluster.close();
});

Deno.test("a store that does not answer ends nobody, and is asked again", async () => {
  let failing = true;
  const cluster = await FakeCluster.open(1, (store) => ({
    ended: (...query) => failing ? Promise.reject(new Error("away")) : store.ended(...query),
  }));
  const a = await cluster.node(0).connect(alice);
  await cluster.store.createAccount({ ...alice, guest: false }, "alice", "hash", 1);
  await pass(cluster, 2 * RECHECK_EVERY_MS);
  assertEquals(a.closes(), []);
  failing = false;
  await pass(cluster, 2 * RECHECK_EVERY_MS);
  assertEquals(a.closes(), [CLOSE.unauthorized]);
  await cluster.close();
});

Deno.test("a notice is told to everybody on every node, in their view", async () => {
  const cluster = await FakeCluster.open(2);
  const a = await cluster.node(0).connect(alice);
  const b = await cluster.node(1).connect(bob, "text");
  const bare = await cluster.node(1).connect(carol, "bare");
  cluster.node(0).board.tell({ type: "notice", content: "Back soon." });
  await cluster.settle();
  assertEquals(a.events(), [{ type: "notice", content: "Back soon." }]);
  assertEquals([b.lines(), bare.lines()], [["* Back soon."], []]);
  await cluster.close();
});

Deno.test("typing is shown on other nodes, not to its author", async () => {
  const cluster = await FakeCluster.open(2);
  const [here, there] = [cluster.node(0), cluster.node(1)];
  const [a, b] = [await here.connect(alice), await there.connect(bob)];
  const second = await there.connect(alice, "json", { id: "second" });
  const ours = await here.hub("lobby");
  const theirs = await there.hub("lobby");
  await here.enter(ours, a);
  await there.enter(theirs, b, second);
  await pass(cluster, 1_000);
  for (const each of [a, b, second]) each.lines();
  here.command(ours, a, { type: "typing" });
  await cluster.settle();
  assertEquals([a.news(), b.news(), second.news()], [[], ["typing alice"], []]);
  await cluster.close();
});

Deno.test("a read mark is told to one's own devices everywhere, in a conversation to the other", async () => {
  const cluster = await FakeCluster.open(2);
  const [here, there] = [cluster.node(0), cluster.node(1)];
  const a = await here.connect(alice);
  const [phone, b] = [
    await there.connect(alice, "json", { id: "phone" }),
    await there.connect(bob),
  ];
  for (const room of ["lobby", [alice, bob]] as const) {
    const [ours, theirs] = [await here.hub(room), await there.hub(room)];
    here.join(ours, a);
    there.join(theirs, phone);
    there.join(theirs, b);
    await pass(cluster, 1_000);
    here.say(ours, a, "one");
    here.say(ours, a, "two");
    await pass(cluster, 1_000);
    for (const each of [a, b, phone]) each.lines();
    const mark = (seq: number) => here.command(ours, a, { type: "read", seq, id: "m" });
    mark(2);
    await cluster.settle();
    const told = room === "lobby" ? [] : ["read alice 2"];
    assertEquals([a.news(), phone.news(), b.news()], [["ok m"], ["read alice 2"], told]);
    // It never goes back, and a word that comes twice is no news.
    cluster.server.fate = () => "doubled";
    mark(1);
    await cluster.settle();
    assertEquals([phone.news(), b.news()], [[], []]);
    cluster.server.fate = () => "arrives";
  }
  await cluster.close();
});
