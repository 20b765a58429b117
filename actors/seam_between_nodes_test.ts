import { assert, assertEquals } from "@std/assert";
import { dice } from "../protocol/fake_dice.ts";
import type { Fate } from "./fake_bus.ts";
import { FakeCluster } from "./fake_cluster.ts";
import { FakeSession, user } from "./fake_session.ts";
import { turn } from "./fake_system.ts";
import { GAP_PATIENCE_MS } from "./gap_reader.ts";
import { HEADS_EVERY_MS } from "./head_check.ts";

/** How often a device comes back, with what it has seen, on any of the nodes. */
const SEAMS = Number(Deno.env.get("HUBBUB_TEST_SEAMS") ?? 600);
const SEEDS = [1, 2, 3];
const NODES = 3;
const DEVICES = 6;

/** A device that moves from node to node and knows the last event it has seen. */
class Device {
  node = 0;
  session: FakeSession | undefined;
  seen = 0;

  constructor(readonly name: string) {}

  /** Reads what came; throws at the first event that is missing, doubled or out of place. */
  read(): void {
    for (const event of this.session?.events() ?? []) {
      if (event.type === "joined" && "kind" in event) {
        assert(event.seq >= this.seen, `${this.name} has ${this.seen}, was told ${event.seq}`);
      }
      if (event.type !== "message") continue;
      assertEquals(event.seq, this.seen + 1, `${this.name} saw this after ${this.seen}`);
      this.seen = event.seq;
    }
  }
}

for (const seed of SEEDS) {
  Deno.test(`who comes back on any node sees every event once, whatever the bus does (seed ${seed})`, async () => {
    const roll = dice(seed);
    const slowly = async <T>(value: T): Promise<T> => {
      for (let turns = roll(4); turns > 0; turns--) await turn();
      return value;
    };
    const cluster = await FakeCluster.open(NODES, (store) => ({
      append: async (...group) => slowly(await store.append(...group)),
      since: async (...query) => slowly(await store.since(...query)),
      heads: async (...query) => slowly(await store.heads(...query)),
      standing: async (...who) => slowly(await store.standing(...who)),
    }));
    const fates: Fate[] = ["arrives", "arrives", "arrives", "lost", "doubled", "late"];
    cluster.server.fate = (channel) =>
      channel.startsWith("room:") ? fates[roll(fates.length)] as Fate : "arrives";
    const devices = Array.from({ length: DEVICES }, (_, index) => new Device(`device ${index}`));
    const hubs = await Promise.all(
      Array.from({ length: NODES }, (_, index) => cluster.node(index).hub("lobby")),
    );
    const at = (node: number) => ({ chat: cluster.node(node), hub: hubs[node]! });
    const come = (device: Device) => {
      device.node = roll(NODES);
      device.session = new FakeSession(user(device.name));
      const { chat, hub } = at(device.node);
      chat.join(hub, device.session, { since: device.seen });
    };
    let seams = 0;
    for (let step = 0; seams < SEAMS; step++) {
      const device = devices[roll(DEVICES)] as Device;
      const what = roll(20);
      if (!device.session) {
        come(device);
        seams++;
      } else if (what < 10) {
        const { chat, hub } = at(device.node);
        chat.say(hub, device.session, `${step}`);
      } else if (what < 16) {
        device.read();
        at(device.node).hub.tell({ type: "gone", session: device.session });
        device.session = undefined;
      } else if (what === 16) cluster.server.deliverLate();
      else if (what === 17) cluster.server.away = !cluster.server.away;
      else device.read();
      for (let turns = roll(3); turns > 0; turns--) await turn();
      if (roll(4) > 0) continue;
      for (const { chat } of cluster.nodes) chat.clock.advance(GAP_PATIENCE_MS);
    }
    cluster.server.away = false;
    cluster.server.deliverLate();
    for (const device of devices) if (!device.session) come(device);
    for (let round = 0; round < 10; round++) {
      await cluster.advance(HEADS_EVERY_MS);
      await cluster.advance(GAP_PATIENCE_MS);
    }
    const room = await cluster.store.roomByName("lobby");
    assert(room && room.seq > SEAMS / 4, `only ${room?.seq} events`);
    for (const device of devices) {
      device.read();
      assertEquals(device.seen, room.seq, `${device.name} lacks the end`);
    }
    for (const { chat } of cluster.nodes) assertEquals([chat.failures, chat.whatFailed], [[], []]);
    await cluster.close();
  });
}
