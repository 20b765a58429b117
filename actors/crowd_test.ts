import { assert, assertEquals } from "@std/assert";
import { dice } from "../protocol/fake_dice.ts";
import type { RoomId, UserRef } from "../store/store.ts";
import { FakeCluster } from "./fake_cluster.ts";
import { GRACE_MS } from "./fake_chat.ts";
import { FakeSession, user } from "./fake_session.ts";
import { KNOWN_AFTER_MS } from "./crowd.ts";
import { GATHER_MS } from "./gathering.ts";
import { AWAY_HEARTBEATS, SILENT_HEARTBEATS } from "./peers.ts";
import { HEARTBEAT_MS } from "./relay.ts";
import { REMIND_AFTER_MS, REMIND_EVERY_MS, TELL_EVERY_MS } from "./shared_map.ts";

const [alice, bob, carol] = [user("alice"), user("bob"), user("carol")];
const TOLD_MS = 2 * TELL_EVERY_MS + 2 * GATHER_MS;
const DEAD_MS = (SILENT_HEARTBEATS + 1) * HEARTBEAT_MS;

async function pass(cluster: FakeCluster, ms: number): Promise<void> {
  const stepMs = ms > 10_000 ? 1_000 : 100;
  for (let leftMs = ms; leftMs > 0; leftMs -= stepMs) {
    await cluster.advance(Math.min(leftMs, stepMs));
  }
}

/** Somebody in the lobby of a node. */
async function enter(
  cluster: FakeCluster,
  index: number,
  who: UserRef,
  view: "json" | "text" = "json",
): Promise<FakeSession> {
  const node = cluster.node(index);
  const options = { id: `${who.name} on ${index}`, ...(who.guest ? {} : { tokenId: who.id }) };
  const session = await node.connect(who, view, options);
  node.join(await node.hub("lobby"), session, { history: 0 });
  await cluster.settle();
  return session;
}

async function leave(cluster: FakeCluster, index: number, session: FakeSession): Promise<void> {
  const node = cluster.node(index);
  (await node.hub("lobby")).tell({ type: "gone", session });
  await node.disconnect(session);
}

/** Who is in the lobby, as a node answers a member of it. */
async function members(cluster: FakeCluster, index: number, asker: FakeSession) {
  const node = cluster.node(index);
  asker.lines();
  node.command(await node.hub("lobby"), asker, { type: "members" });
  await cluster.settle();
  const answer = asker.events().find(({ type }) => type === "members");
  assert(answer?.type === "members" && "members" in answer);
  return { names: answer.members.map(({ name }) => name).sort().join(" "), count: answer.count };
}

Deno.test("people of other nodes come, are listed and counted, and go, each told once", async () => {
  const cluster = await FakeCluster.open(2);
  const a = await enter(cluster, 0, alice);
  const line = await enter(cluster, 0, carol, "text");
  await pass(cluster, TOLD_MS);
  a.lines();
  line.lines();
  const b = await enter(cluster, 1, bob);
  await pass(cluster, TOLD_MS);
  assertEquals([a.news(), line.lines()], [["+bob (3)"], ["* bob joined"]]);
  assertEquals(await members(cluster, 0, a), { names: "alice bob carol", count: 3 });
  assertEquals(await members(cluster, 1, b), { names: "alice bob carol", count: 3 });
  await leave(cluster, 1, b);
  await pass(cluster, TOLD_MS);
  assertEquals([a.news(), line.lines()], [["-bob (2)"], ["* bob left"]]);
  await cluster.close();
});

Deno.test("who comes first to a room on a node learns who is there elsewhere; lines do not", async () => {
  const cluster = await FakeCluster.open(2);
  const a = await enter(cluster, 0, alice);
  await pass(cluster, TOLD_MS);
  a.lines();
  const b = await enter(cluster, 1, bob);
  const line = await enter(cluster, 1, carol, "text");
  await pass(cluster, TOLD_MS);
  const events = b.events();
  const [joined] = events;
  assert(joined?.type === "joined" && "members" in joined);
  const named = events.flatMap((event) =>
    event.type === "joined" && "users" in event ? event.users : []
  );
  const known = new Set([...joined.members.map(({ name }) => name), ...named]);
  assertEquals([...known].sort(), ["alice", "bob", "carol"]);
  assertEquals(line.lines().filter((each) => each.includes("alice")), []);
  await cluster.close();
});

Deno.test("a user on two nodes counts once, and moves from one to the other without a word", async () => {
  const cluster = await FakeCluster.open(2);
  const a = await enter(cluster, 0, alice);
  const there = await enter(cluster, 1, bob);
  await pass(cluster, TOLD_MS);
  a.lines();
  const here = await enter(cluster, 0, bob);
  await pass(cluster, TOLD_MS);
  assertEquals(await members(cluster, 0, a), { names: "alice bob", count: 2 });
  await leave(cluster, 1, there);
  await pass(cluster, TOLD_MS);
  assertEquals(a.news(), []);
  assertEquals(await members(cluster, 0, a), { names: "alice bob", count: 2 });
  await leave(cluster, 0, here);
  await pass(cluster, TOLD_MS);
  assertEquals(a.news(), ["-bob (1)"]);
  await cluster.close();
});

Deno.test("a node's death takes its people out of the rooms, told together", async () => {
  const cluster = await FakeCluster.open(3);
  const a = await enter(cluster, 0, alice);
  for (let one = 0; one < 20; one++) await enter(cluster, 1, user(`u${one}`));
  await enter(cluster, 2, bob);
  await enter(cluster, 1, bob);
  await pass(cluster, TOLD_MS);
  a.lines();
  cluster.nodes[1]!.bus.cut = true;
  await pass(cluster, DEAD_MS);
  const told = a.events();
  assertEquals(told.length, 1);
  assert(told[0]?.type === "left" && "users" in told[0]);
  assertEquals([told[0].users.length, told[0].count], [20, 2]);
  assertEquals(await members(cluster, 0, a), { names: "alice bob", count: 2 });
  await cluster.close();
});

Deno.test("Redis away makes nobody leave for a minute; a cut node comes back with its people", async () => {
  const cluster = await FakeCluster.open(2);
  const [a, b] = [await enter(cluster, 0, alice), await enter(cluster, 1, bob)];
  await pass(cluster, TOLD_MS);
  a.lines();
  cluster.server.away = true;
  await pass(cluster, (AWAY_HEARTBEATS - 2) * HEARTBEAT_MS);
  assertEquals(a.news(), []);
  const c = await enter(cluster, 1, carol);
  await leave(cluster, 1, b);
  cluster.server.away = false;
  await pass(cluster, HEARTBEAT_MS + TOLD_MS);
  assertEquals(a.news().sort(), ["+carol (2)", "-bob (2)"]);
  cluster.nodes[1]!.bus.cut = true;
  await pass(cluster, (AWAY_HEARTBEATS + 2) * HEARTBEAT_MS);
  assertEquals([a.news(), c.news().filter((each) => each.includes("alice"))], [
    ["-carol (1)"],
    ["-alice (1)"],
  ]);
  cluster.nodes[1]!.bus.cut = false;
  await pass(cluster, HEARTBEAT_MS + TOLD_MS);
  assertEquals([a.news(), c.news()], [["+carol (2)"], ["+alice (2)"]]);
  await cluster.close();
});

Deno.test("a room whose last words were lost leaves no ghosts for ever", async () => {
  const cluster = await FakeCluster.open(2);
  const [a, b] = [await enter(cluster, 0, alice), await enter(cluster, 1, bob)];
  await pass(cluster, TOLD_MS);
  a.lines();
  // Its hub ends, and nothing that it says of it arrives.
  cluster.server.fate = (channel) => channel.startsWith("room:") ? "lost" : "arrives";
  await leave(cluster, 1, b);
  await pass(cluster, 2 * REMIND_EVERY_MS);
  cluster.server.fate = () => "arrives";
  assertEquals(a.news(), []);
  await pass(cluster, 3 * REMIND_EVERY_MS);
  assertEquals(a.news(), ["-bob (1)"]);
  await cluster.close();
});

Deno.test("a hub that fails tells nobody anew who is on other nodes", async () => {
  const cluster = await FakeCluster.open(2);
  const a = await enter(cluster, 0, alice);
  const [b, line] = [await enter(cluster, 1, bob), await enter(cluster, 1, carol, "text")];
  await pass(cluster, TOLD_MS);
  for (const session of [a, b, line]) session.lines();
  const node = cluster.node(1);
  node.fail(await node.hub("lobby"), b);
  await pass(cluster, REMIND_AFTER_MS + TOLD_MS);
  assertEquals(b.news(), ["error internal"]);
  assertEquals([a.news(), line.lines()], [[], []]);
  assertEquals(await members(cluster, 1, b), { names: "alice bob carol", count: 3 });
  assertEquals(await members(cluster, 0, a), { names: "alice bob carol", count: 3 });
  await cluster.close();
});

Deno.test("a role given here is shown there", async () => {
  const cluster = await FakeCluster.open(2);
  const owner = user("olga");
  await cluster.store.createRoom({ name: "lobby", canonical: "lobby", kind: "public", owner }, 1);
  const o = await enter(cluster, 0, owner);
  const account = user("bob", false);
  await cluster.store.createAccount(account, "bob", "hash", 1);
  const session = { id: account.id, user: account.id, createdAt: 1, expiresAt: Infinity };
  await cluster.store.createSession(session);
  const b = await enter(cluster, 1, account);
  await pass(cluster, TOLD_MS);
  const hub = await cluster.node(0).hub("lobby");
  cluster.node(0).command(hub, o, { type: "role", user: "bob", role: "moderator" }, account);
  await pass(cluster, TOLD_MS);
  for (const [index, asker] of [[0, o], [1, b]] as const) {
    asker.lines();
    const node = cluster.node(index);
    node.command(await node.hub("lobby"), asker, { type: "members" });
    await cluster.settle();
    const answer = asker.events().find(({ type }) => type === "members");
    assert(answer?.type === "members" && "members" in answer);
    const roles = Object.fromEntries(answer.members.map(({ name, role }) => [name, role]));
    assertEquals(roles, { olga: "owner", bob: "moderator" });
  }
  await cluster.close();
});

Deno.test("how many are in a room is known where nobody is in it", async () => {
  const cluster = await FakeCluster.open(3);
  const a = await enter(cluster, 0, alice);
  await enter(cluster, 1, bob);
  await pass(cluster, TOLD_MS);
  const counts = async (index: number) => {
    let found: ReadonlyMap<RoomId, number> = new Map();
    cluster.node(index).board.tell({ type: "counts", reply: (counts) => found = counts });
    await cluster.settle();
    return [...found.values()];
  };
  assertEquals([await counts(0), await counts(2)], [[2], [2]]);
  await leave(cluster, 0, a);
  await pass(cluster, TOLD_MS + GRACE_MS);
  assertEquals([await counts(1), await counts(2)], [[1], [1]]);
  await cluster.close();
});

Deno.test("who asks where nobody is in a room is told who is there on other nodes", async () => {
  const cluster = await FakeCluster.open(3);
  await enter(cluster, 0, alice);
  await enter(cluster, 1, bob);
  await pass(cluster, TOLD_MS);
  const node = cluster.node(2);
  const c = await node.connect(carol);
  node.command(await node.hub("lobby"), c, { type: "members" });
  await pass(cluster, KNOWN_AFTER_MS);
  const [answer] = c.events();
  assert(answer?.type === "members" && "members" in answer);
  assertEquals([answer.members.map(({ name }) => name).sort(), answer.count], [
    ["alice", "bob"],
    2,
  ]);
  assertEquals((await members(cluster, 2, c)).count, 2, "the next is answered at once");
  await cluster.close();
});

Deno.test("a hub that ends answers those who wait to be told who is there", async () => {
  const cluster = await FakeCluster.open(2);
  const node = cluster.node(0);
  const a = await node.connect(alice);
  node.command(await node.hub("lobby"), a, { type: "members" });
  await cluster.settle();
  assertEquals(a.lines(), []);
  await cluster.close();
  assertEquals(a.events().map(({ type }) => type), ["members"]);
});

Deno.test("one more who comes costs one small message, however many are there", async () => {
  const cluster = await FakeCluster.open(2);
  await enter(cluster, 1, alice);
  for (let one = 0; one < 300; one++) await enter(cluster, 0, user(`u${one}`));
  // What was said in the last two sendings is said again.
  for (const one of ["x", "y", "z"]) {
    await pass(cluster, TOLD_MS);
    await enter(cluster, 0, user(one));
  }
  await pass(cluster, TOLD_MS);
  let chars = 0;
  cluster.server.fate = (channel, text) => {
    if (channel.startsWith("room:")) chars += text.length;
    return "arrives";
  };
  await enter(cluster, 0, bob);
  await pass(cluster, TOLD_MS);
  assert(chars < 500, `${chars} characters`);
  await cluster.close();
});

Deno.test("over a bus that loses, doubles and swaps, every node ends with the same people", async () => {
  for (const seed of [1, 2, 3, 4]) {
    const roll = dice(seed);
    const cluster = await FakeCluster.open(3);
    const watchers = [];
    for (const index of [0, 1, 2]) watchers.push(await enter(cluster, index, user(`w${index}`)));
    const there = new Map<FakeSession, number>();
    cluster.server.fate = (channel) => {
      if (!channel.startsWith("room:") && channel !== "nodes") return "arrives";
      return (["lost", "doubled", "late", "arrives", "arrives", "arrives"] as const)[roll(6)]!;
    };
    for (let step = 0; step < 60; step++) {
      const index = roll(3);
      const [gone] = there;
      if (roll(2) === 0 || !gone) {
        there.set(await enter(cluster, index, user(`u${roll(12)}`)), index);
      } else {
        there.delete(gone[0]);
        await leave(cluster, gone[1], gone[0]);
      }
      await cluster.advance(roll(400));
      if (roll(4) === 0) cluster.server.deliverLate();
      if (roll(25) === 0) {
        const { bus } = cluster.nodes[roll(3)]!;
        bus.cut = true;
        await pass(cluster, roll(2) === 0 ? 3_000 : DEAD_MS + 3_000);
        bus.cut = false;
      }
    }
    cluster.server.fate = () => "arrives";
    cluster.server.deliverLate();
    await pass(cluster, REMIND_EVERY_MS + TOLD_MS);
    const expected = new Set(["w0", "w1", "w2", ...[...there.keys()].map(({ user }) => user.name)]);
    for (const index of [0, 1, 2]) {
      assertEquals(
        await members(cluster, index, watchers[index]!),
        { names: [...expected].sort().join(" "), count: expected.size },
        `node ${index}, seed ${seed}`,
      );
    }
    await cluster.close();
  }
});
