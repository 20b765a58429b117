import type { Store } from "../store/store.ts";
import { type FakeBus, FakeBusServer } from "./fake_bus.ts";
import { FakeKeyServer } from "./fake_keys.ts";
import { FakeChat } from "./fake_chat.ts";
import { fakeStore } from "./fake_store.ts";

/** One of several nodes that serve the same rooms. */
export interface FakeNode {
  readonly chat: FakeChat;
  readonly bus: FakeBus;
}

/** Several nodes, each with a clock of its own, on one store in memory and one fake bus. */
export class FakeCluster {
  readonly server = new FakeBusServer();
  readonly keys = new FakeKeyServer();
  readonly nodes: FakeNode[] = [];

  static async open(
    nodes: number,
    change: (store: Store) => Partial<Store> = () => ({}),
  ): Promise<FakeCluster> {
    const cluster = new FakeCluster(await fakeStore(change));
    for (let index = 0; index < nodes; index++) cluster.add();
    await cluster.settle();
    return cluster;
  }

  constructor(readonly store: Store) {}

  /** Another node; the first is `node000000000000`, the next `node000000000001`. */
  add(): FakeNode {
    const node = `node${String(this.nodes.length).padStart(12, "0")}`;
    const bus = this.server.connect();
    const added = { chat: new FakeChat(this.store, { bus, node, keys: this.keys }), bus };
    this.nodes.push(added);
    return added;
  }

  node(index: number): FakeChat {
    const node = this.nodes[index];
    if (!node) throw new RangeError(`there are ${this.nodes.length} nodes`);
    return node.chat;
  }

  /** Resolves when every actor of every node has handled what it has, and what that led to. */
  async settle(): Promise<void> {
    let before = "";
    for (;;) {
      for (const { chat } of this.nodes) await chat.settle();
      const now = JSON.stringify(this.nodes.map(({ chat }) => chat.system.inspect()));
      if (now === before) return;
      before = now;
    }
  }

  /** Turns every node's clock, in steps as long as the shortest wait that matters. */
  async advance(byMs: number): Promise<void> {
    await this.settle();
    for (const { chat } of this.nodes) chat.clock.advance(byMs);
    await this.settle();
  }

  async close(): Promise<void> {
    for (const { chat } of this.nodes) await chat.system.stop();
    await this.store.close();
  }
}
