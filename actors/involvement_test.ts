import { assert, assertEquals, assertFalse } from "@std/assert";
import type { Ref } from "./actor.ts";
import { GRACE_MS, IDLE_MS } from "./fake_chat.ts";
import { FakeCluster } from "./fake_cluster.ts";
import { FakeSession, user } from "./fake_session.ts";
import { GAP_PATIENCE_MS } from "./gap_reader.ts";
import type { HubMessage } from "./hub_messages.ts";
import { Queries } from "./queries.ts";
import { HEADS_EVERY_MS } from "./head_check.ts";
import { HEARTBEAT_MS } from "./relay.ts";
import { SWEEP_AWAY_MS, SWEEP_EVERY_MS, SWEEP_SOON_MS } from "./sweep.ts";

const [alice, bob, carol] = [user("alice"), user("bob"), user("carol")];

/** What a session was sent of rooms; who is online is another matter. */
function news(session: FakeSession): string[] {
  return session.news().filter((each) => !/ (on|off)line$/.test(each));
}

/** Two nodes: Alice is on the first, Bob on the second, where no hub is active. */
async function apart(change: Parameters<typeof FakeCluster.open>[1] = () => ({})) {
  const cluster = await FakeCluster.open(2, change);
  const [here, there] = [cluster.node(0), cluster.node(1)];
  const a = await here.connect(alice);
  const b = await there.connect(bob);
  await cluster.settle();
  /** Announcements that a room goes on are lost from now on, or not any more. */
  const lose = (lost: boolean) => {
    cluster.server.fate = (_, text) => lost && text.includes('"involved"') ? "lost" : "arrives";
  };
  /** Hubs that send what was missed read it after a moment. */
  const soon = () => cluster.advance(GAP_PATIENCE_MS);
  return { cluster, here, there, a, b, lose, soon };
}

/** Alice has said "x" to Bob; he has not heard of it, for the bus is away. */
async function unheard() {
  const scene = await apart();
  const { cluster, here, a } = scene;
  // By then each knows who is on the other.
  await cluster.advance(HEARTBEAT_MS);
  cluster.server.away = true;
  await cluster.settle();
  here.say(await here.hub([alice, bob]), a, "x");
  await cluster.settle();
  return scene;
}

Deno.test("the first message of a direct conversation reaches the other on another node", async () => {
  const { cluster, here, a, b, soon } = await apart();
  here.say(await here.hub([alice, bob]), a, "x");
  await cluster.settle();
  await soon();
  assertEquals(news(b), ["1 x"]);
  here.say(await here.hub([alice, bob]), a, "y");
  await cluster.settle();
  assertEquals(news(b), ["2 y"]);
  await cluster.close();
});

Deno.test("who is invited on another node hears of it, and of what is said from then on", async () => {
  const { cluster, here, a, b, soon } = await apart();
  await here.group("team", alice, carol);
  const hub = await here.hub("team");
  here.say(hub, a, "before");
  await cluster.settle();
  here.command(hub, a, { type: "invite", user: "bob", id: "1" }, bob);
  await cluster.settle();
  here.say(hub, a, "after");
  await cluster.settle();
  await soon();
  assertEquals(news(b), ["4 bob invited", "5 after"]);
  await cluster.close();
});

Deno.test("the first members of a group hear of it on every node", async () => {
  const { cluster, here, there, a, b, soon } = await apart();
  const queries = new Queries({
    store: cluster.store,
    archive: here.archive,
    switchboard: here.board,
    clock: here.clock,
  });
  // They are resolved where Alice is.
  await there.store.ensureUser(bob, "bob", 1);
  await queries.answer(alice, { type: "create", room: "team", kind: "group", members: ["bob"] });
  await cluster.settle();
  await soon();
  assertEquals(news(b), ["1 room", "2 bob invited"]);
  assertEquals(news(a), ["1 room", "2 bob invited"]);
  await cluster.close();
});

Deno.test("a conversation that was quiet for long goes on, from where its people are", async () => {
  const { cluster, here, there, a, b, soon } = await apart();
  const hub = await here.hub([alice, bob]);
  here.say(hub, a, "x");
  await cluster.settle();
  await soon();
  // On both nodes nobody has asked for it.
  for (let time = 0; time < 4; time++) await cluster.advance(IDLE_MS);
  assertFalse(hub.alive);
  assert(!there.system.inspect().some(({ name }) => name.startsWith("hub")), "a hub is left");
  b.lines();
  here.say(await here.hub([alice, bob]), a, "y");
  await cluster.settle();
  await soon();
  assertEquals(news(b), ["2 y"]);
  await cluster.close();
});

Deno.test("a hub lives while its room goes on elsewhere, so that nothing has to be announced twice", async () => {
  const { cluster, here, there, a, lose } = await apart();
  await here.group("team", alice, bob);
  const b = await there.connect(bob, "json", { id: "again" });
  const hub = await here.hub("team");
  here.say(hub, a, "3");
  await cluster.settle();
  await cluster.advance(GAP_PATIENCE_MS);
  lose(true);
  for (let time = 4; time <= 12; time++) {
    await cluster.advance(Math.ceil(IDLE_MS / 3));
    here.say(hub, a, `${time}`);
    await cluster.settle();
  }
  assertEquals(news(b), Array.from({ length: 10 }, (_, index) => `${index + 3} ${index + 3}`));
  await cluster.close();
});

Deno.test("a lost announcement is made up for with the next heartbeat", async () => {
  const { cluster, here, a, b, lose } = await apart();
  await cluster.advance(HEARTBEAT_MS);
  lose(true);
  here.say(await here.hub([alice, bob]), a, "x");
  await cluster.settle();
  assertEquals(news(b), []);
  await cluster.advance(HEARTBEAT_MS);
  await cluster.advance(SWEEP_SOON_MS);
  await cluster.advance(GAP_PATIENCE_MS);
  assertEquals(news(b), ["1 x"]);
  await cluster.close();
});

Deno.test("while the bus is away, the store is asked; after its return at once", async () => {
  const { cluster, here, a, b } = await apart();
  cluster.server.away = true;
  await cluster.settle();
  here.say(await here.hub([alice, bob]), a, "x");
  await cluster.settle();
  await cluster.advance(SWEEP_AWAY_MS);
  await cluster.advance(GAP_PATIENCE_MS);
  assertEquals(news(b), ["1 x"]);
  await cluster.close();
});

Deno.test("a hub that went on for its people here and fails goes on from where it was, at once", async () => {
  const { cluster, here, there, a, b, soon } = await apart();
  here.say(await here.hub([alice, bob]), a, "x");
  await cluster.settle();
  await soon();
  assertEquals(news(b), ["1 x"]);
  const hub = await there.hub([alice, bob]);
  there.fail(hub, b);
  await there.restart();
  there.say(hub, b, "y", "y");
  await cluster.settle();
  assertEquals(news(b), ["error internal", "sent y 2", "2 y"]);
  await cluster.close();
});

Deno.test("who comes here and knows of it already keeps nothing from others, nor hears it twice", async () => {
  const { cluster, here, there, a, b } = await unheard();
  // Its welcome counts what Bob has not heard of yet.
  const again = await there.connect(alice, "json", { id: "again" });
  await cluster.settle();
  await cluster.advance(SWEEP_AWAY_MS);
  await cluster.advance(GAP_PATIENCE_MS);
  assertEquals([news(b), news(again)], [["1 x"], []]);
  here.say(await here.hub([alice, bob]), a, "y");
  await cluster.settle();
  await cluster.advance(HEADS_EVERY_MS);
  await cluster.advance(GAP_PATIENCE_MS);
  assertEquals([news(b), news(again)], [["2 y"], ["2 y"]]);
  await cluster.close();
});

Deno.test("whoever starts a direct conversation's hub, the other here is sent all of it", async () => {
  const { cluster, there, b } = await unheard();
  const again = await there.connect(alice, "json", { id: "again" });
  // She goes on there before anybody has asked the store for what Bob lacks.
  await there.hub([alice, bob]);
  await cluster.settle();
  await cluster.advance(GAP_PATIENCE_MS);
  assertEquals([news(b), news(again)], [["1 x"], []]);
  await cluster.close();
});

Deno.test("whom a hub goes on for is sent what was missed also when it fails before it knows of them", async () => {
  const { cluster, there, b, soon } = await unheard();
  const key = { kind: "direct", me: bob, other: alice } as const;
  const reply = (hub: unknown) => {
    assert(hub && !(hub instanceof Error));
    there.fail(hub as Ref<HubMessage>, b);
  };
  there.board.tell({ type: "route", key, create: false, reply });
  await cluster.settle();
  await there.restart();
  await soon();
  assertEquals(news(b), ["error internal", "1 x"]);
  await cluster.close();
});

Deno.test("a join while the hub reads what a welcome lacked takes its place, and nothing comes twice", async () => {
  const { cluster, here, there, a, soon } = await apart();
  const team = await here.group("team", alice, bob);
  const hub = await there.hub("team");
  await soon();
  here.say(await here.hub("team"), a, "3");
  await cluster.settle();
  // Its welcome was read before that; the client comes at once.
  const late = new FakeSession(bob, "json", { id: "late" });
  hub.tell({ type: "attached", session: late, heads: new Map([[team.id, 2]]) });
  there.join(hub, late, { since: 2 });
  await cluster.settle();
  here.say(await here.hub("team"), a, "4");
  await cluster.settle();
  assertEquals(news(late), ["joined join 3", "3 3", "4 4"]);
  await cluster.close();
});

Deno.test("a join after what a welcome lacked was read begins behind it, and nothing comes twice", async () => {
  const { cluster, here, there, a, soon } = await apart();
  const team = await here.group("team", alice, bob);
  const hub = await there.hub("team");
  await soon();
  for (const content of ["3", "4"]) here.say(await here.hub("team"), a, content);
  await cluster.settle();
  const late = new FakeSession(bob, "json", { id: "late" });
  hub.tell({ type: "attached", session: late, heads: new Map([[team.id, 2]]) });
  await cluster.settle();
  for (const since of [2, 3, 4]) {
    there.join(hub, late, { since });
    await cluster.settle();
  }
  const joined = "joined join 4";
  assertEquals(news(late), ["3 3", "4 4", joined, joined, joined]);
  await cluster.close();
});

Deno.test("what nobody ever announced is found in the store within half a minute", async () => {
  const { cluster, here, b } = await apart();
  const room = await here.store.openDirect(alice, bob, 1);
  await cluster.advance(SWEEP_AWAY_MS);
  // As by a node that died between its commit and its word.
  await here.write(room.id, alice, "x", "y");
  await cluster.advance(SWEEP_EVERY_MS);
  await cluster.advance(GAP_PATIENCE_MS);
  assertEquals(news(b), ["1 x", "2 y"]);
  await cluster.close();
});

Deno.test("an invitation that nobody announced is found, and nothing before it is sent", async () => {
  const { cluster, here, b } = await apart();
  const team = await here.group("team", alice);
  await here.write(team.id, alice, "before");
  await here.store.append([{ room: team.id, by: alice, op: { type: "invite", user: bob } }], 1);
  await here.write(team.id, alice, "after");
  await cluster.advance(SWEEP_EVERY_MS);
  await cluster.advance(GAP_PATIENCE_MS);
  assertEquals(news(b), ["3 bob invited", "4 after"]);
  await cluster.close();
});

Deno.test("who is put out on another node, while nothing is active here, is told so", async () => {
  const { cluster, here, there, a } = await apart();
  await here.group("team", alice, bob, carol);
  const [b, c] = [await there.connect(bob, "json", { id: "again" }), await there.connect(carol)];
  const hub = await here.hub("team");
  here.command(hub, a, { type: "kick", user: "bob", id: "1" }, bob);
  await cluster.settle();
  here.say(hub, a, "without bob");
  await cluster.settle();
  await cluster.advance(GAP_PATIENCE_MS);
  assertEquals(news(b), ["4 bob kicked"]);
  assertEquals(news(c), ["4 bob kicked", "5 without bob"]);
  await cluster.close();
});

Deno.test("who is put out and nobody said so is told within half a minute, and then left alone", async () => {
  const { cluster, here, there } = await apart();
  const team = await here.group("team", alice, bob);
  const b = await there.connect(bob, "json", { id: "again" });
  await here.store.append([{ room: team.id, by: alice, op: { type: "kick", user: bob } }], 1);
  await here.write(team.id, alice, "without bob");
  await cluster.advance(SWEEP_EVERY_MS);
  await cluster.advance(GAP_PATIENCE_MS);
  assertEquals(news(b), ["3 bob kicked"]);
  for (let time = 0; time < 4; time++) await cluster.advance(IDLE_MS);
  let hubs = 0;
  for (let time = 0; time < 3; time++) {
    await cluster.advance(SWEEP_EVERY_MS);
    hubs += there.system.inspect().filter(({ name }) => name.startsWith("hub")).length;
  }
  assertEquals([news(b), hubs], [[], 0]);
  await cluster.close();
});

Deno.test("a group that ends on another node ends for those here who had not asked for it", async () => {
  const { cluster, here, there, a } = await apart();
  await here.group("team", alice, bob);
  const b = await there.connect(bob, "json", { id: "again" });
  here.command(await here.hub("team"), a, { type: "dissolve", id: "1" });
  await cluster.settle();
  await cluster.advance(GAP_PATIENCE_MS);
  assertEquals(news(b), ["3 dissolved"]);
  assert(!there.system.inspect().some(({ name }) => name === "hub team"), "a hub is left");
  await cluster.close();
});

Deno.test("who comes while something was missed gets what its welcome lacks, others what they missed", async () => {
  const { cluster, here, there, a, b, lose } = await apart();
  const hub = await here.hub([alice, bob]);
  lose(true);
  here.say(hub, a, "x");
  here.say(hub, a, "y");
  await cluster.settle();
  assertEquals(news(b), []);
  // Its welcome counts two.
  const late = await there.connect(bob, "json", { id: "late" });
  await cluster.settle();
  here.say(hub, a, "z");
  await cluster.settle();
  await cluster.advance(GAP_PATIENCE_MS);
  assertEquals(news(b), ["1 x", "2 y", "3 z"]);
  assertEquals(news(late), ["3 z"]);
  await cluster.close();
});

Deno.test("a node forgets the conversations of those who left, and starts no hub for them", async () => {
  const { cluster, here, there, a, b } = await apart();
  await there.disconnect(b);
  await cluster.advance(GRACE_MS);
  here.say(await here.hub([alice, bob]), a, "x");
  await cluster.settle();
  await cluster.advance(SWEEP_EVERY_MS);
  assert(!there.system.inspect().some(({ name }) => name.startsWith("hub")));
  await cluster.close();
});

Deno.test("a store that does not answer is asked again", async () => {
  let fails = false;
  const { cluster, here, there, b } = await apart((store) => ({
    belongings: (users) => fails ? Promise.reject(new Error("away")) : store.belongings(users),
  }));
  const room = await here.store.openDirect(alice, bob, 1);
  fails = true;
  await here.write(room.id, alice, "x");
  await cluster.advance(SWEEP_EVERY_MS);
  fails = false;
  assert(there.whatFailed.some((what) => what.includes("away")));
  await cluster.advance(SWEEP_EVERY_MS);
  await cluster.advance(GAP_PATIENCE_MS);
  assertEquals(news(b), ["1 x"]);
  await cluster.close();
});

/** To a group of hers and Carol's Alice has invited Bob, who has not heard of it: the bus is away. */
async function uninvited() {
  const scene = await apart();
  const { cluster, here, a } = scene;
  await here.group("team", alice, carol);
  const hub = await here.hub("team");
  here.say(hub, a, "before");
  await cluster.advance(HEARTBEAT_MS);
  cluster.server.away = true;
  await cluster.settle();
  here.command(hub, a, { type: "invite", user: "bob", id: "1" }, bob);
  await cluster.settle();
  here.say(hub, a, "after");
  await cluster.settle();
  return scene;
}

Deno.test("whoever starts a group's hub, who was invited unheard is told so, and what was said since", async () => {
  const { cluster, there, b, soon } = await uninvited();
  // Her welcome counts all of it; she goes on there before anybody has asked what Bob lacks.
  const c = await there.connect(carol);
  await there.hub("team");
  await cluster.settle();
  await soon();
  assertEquals([news(b), news(c)], [["4 bob invited", "5 after"], []]);
  await cluster.close();
});

Deno.test("who was invited unheard is sent nothing from before that, whatever others lack", async () => {
  const { cluster, here, there, a, b, lose, soon } = await apart();
  await here.group("team", alice, carol);
  const c = await there.connect(carol);
  await cluster.advance(HEARTBEAT_MS);
  lose(true);
  const hub = await here.hub("team");
  here.say(hub, a, "before");
  here.command(hub, a, { type: "invite", user: "bob", id: "1" }, bob);
  here.say(hub, a, "after");
  await cluster.settle();
  await there.hub("team");
  await cluster.settle();
  await soon();
  assertEquals(news(b), ["4 bob invited", "5 after"]);
  assertEquals(news(c), ["3 before", "4 bob invited", "5 after"]);
  await cluster.close();
});

Deno.test("who is invited unheard and then asks for the group has it from there on", async () => {
  const { cluster, here, there, b, a } = await uninvited();
  const hub = await there.hub("team");
  there.join(hub, b, { since: 3 });
  await cluster.settle();
  await cluster.advance(GAP_PATIENCE_MS);
  here.say(await here.hub("team"), a, "live");
  await cluster.settle();
  await cluster.advance(HEADS_EVERY_MS);
  await cluster.advance(GAP_PATIENCE_MS);
  const [heard, seen] = [news(b), new Set<string>()];
  assertEquals(heard.filter((each) => !/^joined/.test(each) && !seen.has(each) && seen.add(each)), [
    "4 bob invited",
    "5 after",
    "6 live",
  ]);
  await cluster.close();
});

Deno.test("who is welcomed as it is invited elsewhere, and a hub is started here, hears of it", async () => {
  const { cluster, there, soon } = await uninvited();
  const hub = await there.hub("team");
  await soon();
  // What its welcome says was read before.
  const late = new FakeSession(bob, "json", { id: "late" });
  hub.tell({ type: "attached", session: late, heads: new Map() });
  await cluster.settle();
  assertEquals(news(late), ["4 bob invited", "5 after"]);
  await cluster.close();
});

Deno.test("what is said in the turn of an invitation reaches who is invited, on every node", async () => {
  const { cluster, here, a, b, soon } = await apart();
  await here.group("team", alice, carol);
  const hub = await here.hub("team");
  const d = await here.connect("dora");
  here.command(hub, a, { type: "invite", user: "dora", id: "1" }, user("dora"));
  here.say(hub, a, "between");
  here.command(hub, a, { type: "invite", user: "bob", id: "2" }, bob);
  here.say(hub, a, "after");
  await cluster.settle();
  await soon();
  assertEquals([news(b), news(d)], [
    ["5 bob invited", "6 after"],
    ["3 dora invited", "4 between", "5 bob invited", "6 after"],
  ]);
  await cluster.close();
});

Deno.test("an invitation whose word is lost while the group goes on here is found within 2 seconds", async () => {
  const { cluster, here, there, a, b } = await apart();
  await here.group("team", alice, carol);
  const c = await there.connect(carol);
  await there.enter(await there.hub("team"), c);
  await cluster.advance(HEARTBEAT_MS);
  cluster.server.fate = (channel) =>
    channel === "nodes" || /^room/.test(channel) ? "lost" : "arrives";
  const hub = await here.hub("team");
  here.command(hub, a, { type: "invite", user: "bob", id: "1" }, bob);
  here.say(hub, a, "after");
  await cluster.settle();
  await cluster.advance(HEADS_EVERY_MS);
  await cluster.advance(GAP_PATIENCE_MS);
  assertEquals([news(b), news(c)], [
    ["3 bob invited", "4 after"],
    ["3 bob invited", "4 after"],
  ]);
  await cluster.close();
});

Deno.test("who is put out while the word of it is lost is told, and hears nothing after, within 2 seconds", async () => {
  const { cluster, here, there, a } = await apart();
  await here.group("team", alice, bob, carol);
  const [b, c] = [await there.connect(bob, "json", { id: "again" }), await there.connect(carol)];
  const far = await there.hub("team");
  await there.enter(far, b, c);
  await cluster.advance(HEARTBEAT_MS);
  cluster.server.fate = () => "lost";
  const hub = await here.hub("team");
  here.command(hub, a, { type: "kick", user: "bob", id: "1" }, bob);
  here.say(hub, a, "without bob");
  await cluster.settle();
  // What asks the store is never late, word or no word.
  there.command(far, b, { type: "set", topic: "mine", id: "2" });
  await cluster.settle();
  assertEquals(news(b), ["error 2 not_member"]);
  await cluster.advance(HEADS_EVERY_MS);
  await cluster.advance(GAP_PATIENCE_MS);
  there.say(far, b, "still here?", "3");
  there.join(far, b);
  await cluster.settle();
  assertEquals(news(b), ["4 bob kicked", "error 3 not_member", "error join not_member"]);
  assertEquals(news(c), ["4 bob kicked", "5 without bob"]);
  await cluster.close();
});

Deno.test("who is put out unheard and speaks before anybody asked is refused, and then told", async () => {
  const { cluster, here, there } = await apart();
  const team = await here.group("team", alice, bob);
  const b = await there.connect(bob, "json", { id: "again" });
  for (let time = 0; time < 4; time++) await cluster.advance(IDLE_MS);
  assert(!there.system.inspect().some(({ name }) => name === "hub team"), "a hub is left");
  b.lines();
  await here.store.append([{ room: team.id, by: alice, op: { type: "kick", user: bob } }], 1);
  await here.write(team.id, alice, "without bob");
  const hub = await there.hub("team");
  there.say(hub, b, "still here?", "1");
  there.command(hub, b, { type: "members", id: "2" });
  there.command(hub, b, { type: "read", seq: 3, id: "3" });
  there.join(hub, b, { history: 10 });
  await cluster.settle();
  await cluster.advance(GAP_PATIENCE_MS);
  assertEquals(news(b), [
    "error 1 not_member",
    "error 2 not_member",
    "error 3 not_member",
    "error join not_member",
    "3 bob kicked",
  ]);
  await cluster.close();
});

Deno.test("who is put out while it is read what it was to be sent first comes back and finds out", async () => {
  const gate = Promise.withResolvers<void>();
  const { cluster, here, there, a, soon } = await apart((store) => ({
    since: (room, after, upTo, limit) =>
      // Alone what a session lacks is read from there.
      after === 3 ? gate.promise.then(() => []) : store.since(room, after, upTo, limit),
  }));
  const team = await here.group("team", alice, bob, carol);
  const far = await there.hub("team");
  await soon();
  const hub = await here.hub("team");
  here.say(hub, a, "4");
  await cluster.settle();
  const late = new FakeSession(bob, "json", { id: "late" });
  far.tell({ type: "attached", session: late, heads: new Map([[team.id, 3]]) });
  await cluster.settle();
  here.command(hub, a, { type: "kick", user: "bob", id: "1" }, bob);
  await cluster.settle();
  gate.resolve();
  await cluster.settle();
  assertEquals([news(late), late.overflows], [[], 1]);
  await cluster.close();
});

Deno.test("what a group is called changes for all, also when nobody said so", async () => {
  const { cluster, here, there, a } = await apart();
  await here.group("team", alice, bob);
  const b = await there.connect(bob, "json", { id: "again" });
  for (let time = 0; time < 4; time++) await cluster.advance(IDLE_MS);
  assert(!there.system.inspect().some(({ name }) => name === "hub team"), "a hub is left");
  b.lines();
  cluster.server.fate = () => "lost";
  const hub = await here.hub("team");
  here.command(hub, a, { type: "set", title: "Team", topic: "first" });
  await cluster.settle();
  await cluster.advance(SWEEP_EVERY_MS);
  await cluster.advance(GAP_PATIENCE_MS);
  assertEquals(news(b), ["3 room"]);
  here.command(await here.hub("team"), a, { type: "set", topic: "second" });
  await cluster.settle();
  await cluster.advance(HEADS_EVERY_MS);
  await cluster.advance(GAP_PATIENCE_MS);
  there.join(await there.hub("team"), b, { since: 3 });
  await cluster.settle();
  const [changed, joined] = b.events().filter(({ type }) => type === "room" || type === "joined");
  assert(changed?.type === "room" && changed.topic === "second");
  assert(joined?.type === "joined" && "title" in joined);
  assertEquals([joined.title, joined.topic], ["Team", "second"]);
  await cluster.close();
});
