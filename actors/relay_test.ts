import { assert, assertEquals } from "@std/assert";
import { StoreError } from "../store/store.ts";
import { FakeBusServer } from "./fake_bus.ts";
import { FakeCluster } from "./fake_cluster.ts";
import { FakeRef } from "./fake_ref.ts";
import { TELL_EVERY_MS } from "./shared_map.ts";
import { user } from "./fake_session.ts";
import { FakeSystem } from "./fake_system.ts";
import { GAP_PATIENCE_MS, GAP_RETRY_MS } from "./gap_reader.ts";
import type { HubMessage } from "./hub_messages.ts";
import { AWAY_HEARTBEATS, SILENT_HEARTBEATS } from "./peers.ts";
import { HEADS_EVERY_MS } from "./head_check.ts";
import { HEARTBEAT_MS, relay, RELAY_BOUND, RELAY_RESTART } from "./relay.ts";
import type { FromNodes, RelayMessage } from "./relay_messages.ts";
import { encodeNews, type NodeNews } from "./relay_news.ts";

const [alice, bob] = [user("alice"), user("bob")];

/** Alice on one node and Bob on another, both in the lobby. */
async function lobby(change: Parameters<typeof FakeCluster.open>[1] = () => ({})) {
  const cluster = await FakeCluster.open(2, change);
  const [here, there] = [cluster.node(0), cluster.node(1)];
  const [a, b] = [await here.connect(alice), await there.connect(bob)];
  const [ours, theirs] = [await here.hub("lobby"), await there.hub("lobby")];
  await here.enter(ours, a);
  await there.enter(theirs, b);
  // Each is told of the other.
  for (let step = 0; step < 5; step++) await cluster.advance(TELL_EVERY_MS);
  a.lines();
  b.lines();
  return {
    cluster,
    here: { say: (content: string, id?: string) => here.say(ours, a, content, id), hub: ours, a },
    there: {
      say: (content: string, id?: string) => there.say(theirs, b, content, id),
      hub: theirs,
      b,
    },
    a,
    b,
  };
}

/** Publications of committed events, and nothing else, have this fate. */
function rowsAre(server: FakeBusServer, fate: FakeBusServer["fate"]): void {
  server.fate = (channel, text) =>
    channel.startsWith("room:") && text.includes('"rows"') ? fate(channel, text) : "arrives";
}

Deno.test("what is said on one node is seen on the other, once and in order", async () => {
  const { cluster, here, there, a, b } = await lobby();
  here.say("x");
  await cluster.settle();
  there.say("y");
  await cluster.settle();
  assertEquals(a.news(), ["sent 1", "1 x", "2 y"]);
  assertEquals(b.news(), ["1 x", "sent 2", "2 y"]);
  await cluster.close();
});

Deno.test("a lost publication is read from the store as soon as the next one shows the gap", async () => {
  const { cluster, here, b } = await lobby();
  rowsAre(cluster.server, () => "lost");
  here.say("x");
  await cluster.settle();
  rowsAre(cluster.server, () => "arrives");
  here.say("y");
  await cluster.settle();
  assertEquals(b.news(), [], "what is missing may be on its way");
  await cluster.advance(GAP_PATIENCE_MS);
  assertEquals(b.news(), ["1 x", "2 y"]);
  await cluster.close();
});

Deno.test("publications that come doubled and swapped are seen once and in order", async () => {
  const { cluster, here, b } = await lobby();
  rowsAre(cluster.server, () => "late");
  for (const content of ["x", "y", "z"]) {
    here.say(content);
    await cluster.settle();
  }
  cluster.server.deliverLate();
  await cluster.settle();
  rowsAre(cluster.server, () => "doubled");
  here.say("w");
  await cluster.settle();
  assertEquals(b.news(), ["1 x", "2 y", "3 z", "4 w"]);
  await cluster.close();
});

Deno.test("a lost last message comes within two seconds, without a word from anybody", async () => {
  const { cluster, here, b } = await lobby();
  rowsAre(cluster.server, () => "lost");
  here.say("x");
  await cluster.advance(HEADS_EVERY_MS);
  await cluster.advance(GAP_PATIENCE_MS);
  assertEquals(b.news(), ["1 x"]);
  await cluster.close();
});

Deno.test("while the bus is away messages go on, through the store, and its return is a catching up", async () => {
  const { cluster, here, there, a, b } = await lobby();
  cluster.server.away = true;
  here.say("x", "x");
  there.say("y", "y");
  await cluster.settle();
  assertEquals(a.news(), ["sent x 1", "1 x"], "nobody waits for the bus");
  assertEquals(b.news(), ["sent y 2"]);
  await cluster.advance(HEADS_EVERY_MS);
  await cluster.advance(GAP_PATIENCE_MS);
  assertEquals([a.news(), b.news()], [["2 y"], ["1 x", "2 y"]]);
  here.say("z");
  await cluster.settle();
  cluster.server.away = false;
  await cluster.advance(GAP_PATIENCE_MS);
  assertEquals(b.news(), ["3 z"]);
  await cluster.close();
});

Deno.test("a sender's answer does not wait for a gap before its message", async () => {
  const { cluster, here, there, b } = await lobby();
  rowsAre(cluster.server, () => "lost");
  here.say("x");
  await cluster.settle();
  there.say("y", "y");
  await cluster.settle();
  assertEquals(b.news(), ["sent y 2"]);
  await cluster.advance(GAP_PATIENCE_MS);
  assertEquals(b.news(), ["1 x", "2 y"]);
  await cluster.close();
});

Deno.test("a retry on another node is answered with the first row, and shown once", async () => {
  const { cluster, here, there, a, b } = await lobby();
  rowsAre(cluster.server, () => "lost");
  cluster.node(0).command(here.hub, a, { type: "message", content: "x", key: "k", id: "1" });
  await cluster.settle();
  const again = await cluster.node(1).connect(alice);
  await cluster.node(1).enter(there.hub, again);
  cluster.node(1).command(there.hub, again, { type: "message", content: "x", key: "k", id: "2" });
  await cluster.advance(GAP_PATIENCE_MS);
  assertEquals(again.news(), ["sent 2 1 again", "1 x"]);
  assertEquals(a.news(), ["sent 1 1", "1 x"]);
  assert(b.news().includes("1 x"), "found by the answer");
  await cluster.close();
});

Deno.test("a hub that is far behind reads in pieces, and in order", async () => {
  const { cluster, b } = await lobby();
  const room = await cluster.store.roomByName("lobby");
  assert(room);
  const count = 1_700;
  const contents = Array.from({ length: count }, (_, index) => `${index + 1}`);
  await cluster.node(0).write(room.id, alice, ...contents);
  await cluster.advance(HEADS_EVERY_MS);
  await cluster.advance(GAP_PATIENCE_MS);
  assertEquals(b.news(), contents.map((content) => `${content} ${content}`));
  await cluster.close();
});

Deno.test("a gap that cannot be read now is read later; nobody is sent away", async () => {
  let fails = false;
  const { cluster, here, b } = await lobby((store) => ({
    since: (...range) =>
      fails ? Promise.reject(new StoreError("other", "away")) : store.since(...range),
  }));
  fails = true;
  rowsAre(cluster.server, () => "lost");
  here.say("x");
  await cluster.advance(HEADS_EVERY_MS);
  await cluster.advance(GAP_PATIENCE_MS);
  fails = false;
  assertEquals([b.news(), b.overflows], [[], 0]);
  await cluster.advance(GAP_RETRY_MS);
  assertEquals([b.news(), b.overflows], [["1 x"], 0]);
  assertEquals(cluster.node(1).failures, []);
  await cluster.close();
});

Deno.test("what another node claims and the store does not have is dropped, and costs nothing", async () => {
  const { cluster, here, b } = await lobby();
  const room = await cluster.store.roomByName("lobby");
  assert(room);
  const row = { type: "message", room: room.id, at: 1, from: "x", fromId: "x" } as const;
  cluster.server.publish(
    `room:${room.id}`,
    encodeNews("stranger00000000", {
      type: "rows",
      rows: [{ ...row, seq: 100, content: "of a hundred" }],
    }),
  );
  await cluster.advance(GAP_PATIENCE_MS);
  here.say("x");
  await cluster.settle();
  assertEquals([b.news(), cluster.node(1).failures], [["1 x"], []]);
  await cluster.close();
});

/** Relays alone: their hubs and switchboards only write down what they are told. */
class Relays {
  readonly systems: FakeSystem[] = [];
  readonly server = new FakeBusServer();
  readonly heads = new Map<number, number>();
  asked: number[][] = [];

  add() {
    const node = `node${String(this.systems.length).padStart(12, "0")}`;
    const system = new FakeSystem();
    this.systems.push(system);
    const board = new FakeRef<FromNodes>("board");
    const dropped: string[] = [];
    const failed: string[] = [];
    const bus = this.server.connect();
    const ref = system.system.spawn<RelayMessage>(
      "relay",
      relay({
        node,
        bus,
        store: {
          heads: (rooms) => {
            this.asked.push([...rooms]);
            return Promise.resolve(this.heads);
          },
        },
        switchboard: () => board,
        observer: {
          published() {},
          received() {},
          nodes() {},
          bus() {},
          took() {},
          dropped: (why) => dropped.push(why),
        },
        onFailure: (error, what) => failed.push(`${what}: ${error}`),
      }),
      { bound: RELAY_BOUND, restart: RELAY_RESTART },
    );
    return { node, system, board, bus, ref, dropped, failed };
  }

  async settle(): Promise<void> {
    for (let round = 0; round < 4; round++) {
      for (const system of this.systems) await system.settle();
    }
  }

  async advance(byMs: number): Promise<void> {
    await this.settle();
    for (const system of this.systems) system.clock.advance(byMs);
    await this.settle();
  }

  async stop(): Promise<void> {
    for (const system of this.systems) await system.system.stop();
  }
}

const NEWS: NodeNews = { type: "involved", room: 1, users: ["alice"], after: 0 };

function alive(board: FakeRef<FromNodes>): string[] | undefined {
  const last = board.told.findLast((message) => message.type === "nodes");
  return last && [...last.alive];
}

Deno.test("nodes know of each other at once, and that one has left", async () => {
  const relays = new Relays();
  const [one, two] = [relays.add(), relays.add()];
  await relays.settle();
  assertEquals([alive(one.board), alive(two.board)], [[two.node], [one.node]]);
  await two.ref.stop();
  await relays.settle();
  assertEquals(alive(one.board), []);
  await relays.stop();
});

Deno.test("a node that is silent is gone within 20 seconds, and back with its next word", async () => {
  const relays = new Relays();
  const [one, two] = [relays.add(), relays.add()];
  await relays.settle();
  two.bus.cut = true;
  for (let beat = 1; beat < SILENT_HEARTBEATS; beat++) await relays.advance(HEARTBEAT_MS);
  assertEquals(alive(one.board), [two.node]);
  await relays.advance(HEARTBEAT_MS);
  assertEquals(alive(one.board), []);
  two.bus.cut = false;
  await relays.settle();
  assertEquals(alive(one.board), [two.node]);
  await relays.stop();
});

Deno.test("a node that was stopped itself for long takes nobody for dead", async () => {
  const relays = new Relays();
  const [one, two] = [relays.add(), relays.add()];
  await relays.settle();
  one.system.clock.advance(100 * HEARTBEAT_MS);
  await relays.settle();
  assertEquals(alive(one.board), [two.node]);
  await relays.stop();
});

Deno.test("without the bus nobody is taken for gone for a minute, then everybody", async () => {
  const relays = new Relays();
  const [one, two] = [relays.add(), relays.add()];
  await relays.settle();
  relays.server.away = true;
  for (let beat = 1; beat < AWAY_HEARTBEATS; beat++) {
    await relays.advance(HEARTBEAT_MS);
    // For another reason than before.
    one.bus.changed(false);
  }
  assertEquals(alive(one.board), [two.node]);
  await relays.advance(HEARTBEAT_MS);
  assertEquals(alive(one.board), []);
  relays.server.away = false;
  await relays.settle();
  assertEquals(alive(one.board), [two.node]);
  await relays.stop();
});

Deno.test("what is announced reaches every other node, or the one it is for", async () => {
  const relays = new Relays();
  const [one, two, three] = [relays.add(), relays.add(), relays.add()];
  await relays.settle();
  one.ref.tell({ type: "announce", news: NEWS });
  one.ref.tell({ type: "announce", news: { ...NEWS, room: 2 }, to: three.node });
  await relays.settle();
  const announced = ({ board }: typeof one) =>
    board.told.flatMap((message) =>
      message.type === "announced" && "room" in message.news
        ? [[message.from, message.news.room]]
        : []
    );
  assertEquals(announced(one), []);
  assertEquals(announced(two), [[one.node, 1]]);
  assertEquals(announced(three), [[one.node, 1], [one.node, 2]]);
  await relays.stop();
});

Deno.test("an announcement that is lost is noticed with the next heartbeat, once", async () => {
  const relays = new Relays();
  const [one, two] = [relays.add(), relays.add()];
  await relays.advance(HEARTBEAT_MS);
  const missed = () => two.board.told.filter((message) => message.type === "missed").length;
  one.ref.tell({ type: "announce", news: NEWS });
  await relays.advance(HEARTBEAT_MS);
  assertEquals(missed(), 0);
  relays.server.fate = (_, text) => text.includes("involved") ? "lost" : "arrives";
  one.ref.tell({ type: "announce", news: NEWS });
  await relays.advance(HEARTBEAT_MS);
  await relays.advance(HEARTBEAT_MS);
  assertEquals(missed(), 1);
  await relays.stop();
});

Deno.test("what is announced while the bus is away is missed, too", async () => {
  const relays = new Relays();
  const [one, two] = [relays.add(), relays.add()];
  await relays.advance(HEARTBEAT_MS);
  relays.server.away = true;
  one.ref.tell({ type: "announce", news: NEWS });
  await relays.settle();
  relays.server.away = false;
  await relays.settle();
  assert(two.board.told.some((message) => message.type === "missed"));
  assertEquals(one.dropped, ["away"]);
  await relays.stop();
});

Deno.test("what cannot be read is counted, told and dropped", async () => {
  const relays = new Relays();
  const one = relays.add();
  const hub = new FakeRef<HubMessage>("hub");
  one.ref.tell({ type: "attach", room: 7, hub });
  await relays.settle();
  const row = { type: "message", seq: 1, at: 1, from: "x", content: "x", fromId: "x" };
  const from = "stranger00000000";
  const bad = [
    "",
    "nobody",
    `${from} {`,
    `${from} null`,
    `${from} {"type":"__proto__"}`,
    `${from} {"type":"rows","rows":[]}`,
    `${from} ${JSON.stringify({ type: "rows", rows: [{ ...row, room: 8 }] })}`,
    `${from} ${JSON.stringify({ type: "rows", rows: [{ ...row, room: 7, seq: "1" }] })}`,
    `${from} ${JSON.stringify({ type: "rows", rows: [{ ...row, room: 7, content: 3 }] })}`,
  ];
  for (const text of bad) relays.server.publish("room:7", text);
  relays.server.publish("nodes", `${from} {"type":"news","news":{"type":"nonsense"}}`);
  await relays.settle();
  assertEquals(one.dropped, Array.from({ length: bad.length + 1 }, () => "malformed"));
  assertEquals(one.failed.length, bad.length + 1);
  assertEquals(hub.told.filter((message) => message.type === "relayed"), []);
  relays.server.publish(
    "room:7",
    encodeNews(from, { type: "rows", rows: [{ ...row, type: "message", room: 7 }] }),
  );
  await relays.settle();
  assertEquals(hub.told.filter((message) => message.type === "relayed").length, 1);
  await relays.stop();
});

Deno.test("only active rooms are asked about, and a hub that has ended hears nothing more", async () => {
  const relays = new Relays();
  const one = relays.add();
  const [old, hub] = [new FakeRef<HubMessage>("old"), new FakeRef<HubMessage>("hub")];
  await relays.advance(HEADS_EVERY_MS);
  assertEquals(relays.asked, [], "nothing is asked for no room");
  one.ref.tell({ type: "attach", room: 7, hub: old });
  one.ref.tell({ type: "attach", room: 7, hub });
  one.ref.tell({ type: "detach", room: 7, hub: old });
  relays.heads.set(7, 5);
  await relays.advance(HEADS_EVERY_MS);
  assertEquals(hub.told.filter(({ type }) => type === "head"), [{ type: "head", seq: 5 }]);
  one.ref.tell({ type: "detach", room: 7, hub });
  relays.asked = [];
  await relays.advance(HEADS_EVERY_MS);
  assertEquals(relays.asked, []);
  assert(!one.bus.listens("room:7"));
  await relays.stop();
});

Deno.test("a relay that fails goes on with the rooms and nodes it had, over the same bus", async () => {
  const relays = new Relays();
  const [one, two] = [relays.add(), relays.add()];
  const hub = new FakeRef<HubMessage>("hub");
  one.ref.tell({ type: "attach", room: 7, hub });
  await relays.settle();
  one.ref.tell({
    type: "announce",
    get news(): NodeNews {
      throw new Error("told to fail");
    },
  });
  await relays.advance(RELAY_RESTART.backoffMaxMs);
  assertEquals(one.system.failures.map(({ final }) => final), [false]);
  two.ref.tell({ type: "publish", room: 7, news: { type: "marked", user: alice, seq: 1 } });
  one.ref.tell({ type: "announce", news: NEWS });
  await relays.settle();
  assertEquals(hub.told.filter(({ type }) => type === "relayed").length, 1);
  assertEquals(two.board.told.filter(({ type }) => type === "announced").length, 1);
  assertEquals([alive(one.board), alive(two.board)], [[two.node], [one.node]]);
  await relays.stop();
});

Deno.test("a relay that is stopped leaves no timer and no bus behind", async () => {
  const relays = new Relays();
  const one = relays.add();
  await relays.settle();
  await one.ref.stop();
  assertEquals(one.system.clock.pending, 0);
  assert(!one.bus.listens("nodes"));
});
