import { assert, assertEquals } from "@std/assert";
import type { UserRef } from "../store/store.ts";
import { AWAY_HEARTBEATS, SILENT_HEARTBEATS } from "./peers.ts";
import { FakeCluster } from "./fake_cluster.ts";
import { GRACE_MS } from "./fake_chat.ts";
import { FakeSession, user } from "./fake_session.ts";
import { HEARTBEAT_MS } from "./relay.ts";
import { REMIND_AFTER_MS, TELL_EVERY_MS } from "./shared_map.ts";

const [alice, bob, carol] = [user("alice"), user("bob"), user("carol")];
/** Nodes are told of each other's people within this time, when nothing is lost. */
const TOLD_MS = 2 * TELL_EVERY_MS;
const DEAD_MS = (SILENT_HEARTBEATS + 1) * HEARTBEAT_MS;

/** Turns the clocks as time passes: what one timer leads to may start another. */
async function pass(cluster: FakeCluster, ms: number): Promise<void> {
  const stepMs = ms > 10_000 ? 1_000 : 100;
  for (let leftMs = ms; leftMs > 0; leftMs -= stepMs) {
    await cluster.advance(Math.min(leftMs, stepMs));
  }
}

/** Two nodes; alice is on the first and shares a conversation with bob. */
async function peers(nodes = 2) {
  const cluster = await FakeCluster.open(nodes);
  const room = await cluster.store.openDirect(alice, bob, 1);
  await cluster.node(0).write(room.id, alice, "hello");
  const a = await cluster.node(0).connect(alice);
  await pass(cluster, TOLD_MS);
  return { cluster, a, here: cluster.node(0), there: cluster.node(1) };
}

Deno.test("peers on another node hear once that somebody came, and once that it has gone", async () => {
  const { cluster, a, there } = await peers();
  const b = await there.connect(bob);
  const stranger = await there.connect(carol);
  await pass(cluster, TOLD_MS);
  assertEquals(a.news(), ["bob online"]);
  await there.disconnect(b);
  await pass(cluster, GRACE_MS - 1);
  assertEquals(a.news(), []);
  await pass(cluster, 1 + TOLD_MS);
  assertEquals([a.news(), stranger.news()], [["bob offline"], []]);
  await cluster.close();
});

Deno.test("a user is online while any node has a session of it, and moves without a word", async () => {
  const { cluster, a, here, there } = await peers(3);
  const phone = await there.connect(bob);
  const desk = await cluster.node(2).connect(bob, "json", { id: "desk" });
  await pass(cluster, TOLD_MS);
  assertEquals(a.news(), ["bob online"]);
  await there.disconnect(phone);
  await pass(cluster, 2 * GRACE_MS);
  assertEquals(a.news(), [], "the desk is there");
  await cluster.node(2).disconnect(desk);
  await pass(cluster, GRACE_MS / 2);
  const again = await here.connect(bob, "json", { id: "again" });
  await pass(cluster, 2 * GRACE_MS);
  assertEquals(a.news(), [], "it has only moved");
  await here.disconnect(again);
  await pass(cluster, GRACE_MS);
  assertEquals(a.news(), ["bob offline"]);
  await cluster.close();
});

Deno.test("who is online elsewhere is so in members and in the answer to a message", async () => {
  const { cluster, a, here, there } = await peers();
  const hub = await here.hub([alice, bob]);
  const b = await there.connect(bob);
  await pass(cluster, TOLD_MS);
  const sent = async () => {
    here.say(hub, a, "there?", "q");
    here.command(hub, a, { type: "members" });
    await cluster.settle();
    const events = a.events();
    const answer = events.find(({ type }) => type === "sent");
    const members = events.find(({ type }) => type === "members");
    assert(answer?.type === "sent" && members?.type === "members");
    const entry = "members" in members && members.members.find(({ name }) => name === "bob");
    return [answer.online, entry && entry.online];
  };
  assertEquals(await sent(), [true, true]);
  await there.disconnect(b);
  await pass(cluster, GRACE_MS + TOLD_MS);
  assertEquals(await sent(), [false, false]);
  await cluster.close();
});

Deno.test("a node that dies takes its people offline on all others", async () => {
  const { cluster, a } = await peers(3);
  await cluster.node(1).connect(bob);
  await pass(cluster, TOLD_MS);
  assertEquals(a.news(), ["bob online"]);
  cluster.nodes[1]!.bus.cut = true;
  await pass(cluster, DEAD_MS);
  assert(DEAD_MS <= 30_000);
  assertEquals(a.news(), ["bob offline"]);
  await cluster.close();
});

Deno.test("a node that joins later learns who is online", async () => {
  const { cluster, a } = await peers();
  cluster.add();
  await pass(cluster, TOLD_MS);
  const third = cluster.node(2);
  const b = await third.connect(bob);
  const hub = await third.hub([alice, bob]);
  third.say(hub, b, "here", "q");
  await pass(cluster, TOLD_MS);
  const sent = b.events().find(({ type }) => type === "sent");
  assert(sent?.type === "sent");
  assertEquals(sent.online, true);
  assert(a.news().includes("bob online"));
  await cluster.close();
});

Deno.test("Redis away for a while makes nobody offline; away for long it does, and coming back heals", async () => {
  const { cluster, a, there } = await peers();
  const b = await there.connect(bob);
  await pass(cluster, TOLD_MS);
  a.lines();
  cluster.server.away = true;
  await pass(cluster, (AWAY_HEARTBEATS - 2) * HEARTBEAT_MS);
  cluster.server.away = false;
  await pass(cluster, DEAD_MS);
  assertEquals(a.news(), [], "nobody went");
  cluster.server.away = true;
  await pass(cluster, (AWAY_HEARTBEATS + 1) * HEARTBEAT_MS);
  assertEquals(a.news(), ["bob offline"]);
  cluster.server.away = false;
  await pass(cluster, HEARTBEAT_MS + TOLD_MS);
  assertEquals(a.news(), ["bob online"]);
  await there.disconnect(b);
  await cluster.close();
});

Deno.test("who goes while the word of it is lost is found out", async () => {
  const { cluster, a, there } = await peers();
  const b = await there.connect(bob);
  await pass(cluster, TOLD_MS);
  a.lines();
  await there.disconnect(b);
  cluster.server.fate = (_, text) => text.includes('"online"') ? "lost" : "arrives";
  await pass(cluster, GRACE_MS + TOLD_MS);
  cluster.server.fate = () => "arrives";
  assertEquals(a.news(), [], "the word is lost");
  await pass(cluster, REMIND_AFTER_MS + HEARTBEAT_MS);
  assertEquals(a.news(), ["bob offline"]);
  await cluster.close();
});

Deno.test("a name is held on every node while its user is online on any, and for the grace", async () => {
  const { cluster, here, there } = await peers();
  const impostor: UserRef = { id: "impostor", name: "Alice", guest: true };
  assertEquals((await there.connect(impostor)).refused?.code, "name_taken");
  let holder: UserRef | undefined;
  const ask = { type: "holder", canonicalName: "alice", reply: (user?: UserRef) => holder = user };
  there.board.tell(ask as Parameters<typeof there.board.tell>[0]);
  await cluster.settle();
  assertEquals(holder?.id, "alice");
  const second = await there.connect(alice, "json", { id: "second" });
  assertEquals(second.refused, undefined, "her other device");
  await there.disconnect(second);
  await pass(cluster, 2 * GRACE_MS);
  assertEquals((await here.connect(impostor)).refused?.code, "name_taken");
  await cluster.close();
});

Deno.test("two nodes that have not heard of each other's guests yet give a name once", async () => {
  const cluster = await FakeCluster.open(2);
  const [here, there] = [cluster.node(0), cluster.node(1)];
  const twins = ["one", "two"].map((id): UserRef => ({ id, name: "Dora", guest: true }));
  const [first, second] = [new FakeSession(twins[0]!), new FakeSession(twins[1]!)];
  const refused = new Map<string, string | undefined>();
  const connect = (session: FakeSession) => ({
    type: "connect" as const,
    session,
    reply: (refusal?: { code: string }) => void refused.set(session.user.id, refusal?.code),
  });
  here.board.tell(connect(first));
  there.board.tell(connect(second));
  await cluster.settle();
  assertEquals([...refused.values()].sort(), ["name_taken", undefined]);
  // The loser holds nothing: on its node the winner may come in at once.
  await pass(cluster, TOLD_MS);
  const winner = twins.find(({ id }) => refused.get(id) === undefined)!;
  const third = await there.connect(winner, "json", { id: "third" });
  const fourth = await here.connect(winner, "json", { id: "fourth" });
  assertEquals([third.refused, fourth.refused], [undefined, undefined]);
  await cluster.close();
});

Deno.test("with Redis away guests with new names are unavailable, all others are let in", async () => {
  const { cluster, here, there } = await peers();
  cluster.server.away = true;
  await cluster.settle();
  const code = async (who: UserRef) => (await there.connect(who)).refused?.code;
  assertEquals(await code(user("erin")), "unavailable");
  assertEquals(await code({ id: "f", name: "frank", guest: false }), undefined);
  assertEquals(await code({ id: "g", name: "guest-7f3a91c2", guest: true }), undefined);
  assertEquals(await code(alice), undefined, "known to be online");
  assertEquals(await code({ id: "other", name: "alice", guest: true }), "name_taken");
  assertEquals((await here.connect(alice, "json", { id: "second" })).refused, undefined);
  cluster.server.away = false;
  await pass(cluster, TOLD_MS);
  assertEquals(await code(user("erin")), undefined);
  await cluster.close();
});

Deno.test("a Redis that has forgotten everything is told the names again at once", async () => {
  const { cluster, here } = await peers();
  cluster.server.away = true;
  cluster.keys.forget();
  await cluster.settle();
  cluster.server.away = false;
  await cluster.settle();
  const key = cluster.keys.connect(here.clock, () => true);
  assertEquals(await key.claim("name:alice", "impostor", 1), false);
  await cluster.close();
});

Deno.test("a node cut off for long gives up the names that others have taken since", async () => {
  const { cluster, here, there } = await peers();
  const c = await here.connect(carol);
  cluster.nodes[0]!.bus.cut = true;
  await pass(cluster, 20_000);
  const impostor: UserRef = { id: "impostor", name: "carol", guest: true };
  assertEquals((await there.connect(impostor)).refused?.code, "name_taken");
  await pass(cluster, 20_000);
  const taken = await there.connect(impostor);
  assertEquals(taken.refused, undefined);
  assertEquals(c.closes(), []);
  cluster.nodes[0]!.bus.cut = false;
  await pass(cluster, HEARTBEAT_MS);
  assertEquals([c.closes(), taken.closes()], [[4003], []]);
  await cluster.close();
});

Deno.test("a name is free again on every node after the grace, and after its node has died", async () => {
  const { cluster, a, here, there } = await peers();
  await here.disconnect(a);
  await pass(cluster, GRACE_MS + TOLD_MS);
  const impostor: UserRef = { id: "impostor", name: "alice", guest: true };
  assertEquals((await there.connect(impostor)).refused, undefined);
  cluster.nodes[1]!.bus.cut = true;
  await pass(cluster, 40_000);
  assertEquals((await here.connect(alice, "json", { id: "again" })).refused, undefined);
  await cluster.close();
});
