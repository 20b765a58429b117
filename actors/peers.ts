import type { FromNodes } from "./relay.ts";
import { AWAY_HEARTBEATS, SILENT_HEARTBEATS } from "./relay.ts";
import type { Frame, NodeId, NodeNews } from "./relay_news.ts";

/** How many announcements this node has made, to all and to single nodes. */
export interface Told {
  all: number;
  /** Of nodes that died without a word, too: should they come back, they go on counting. */
  readonly each: Map<NodeId, number>;
}

interface Peer {
  silentHeartbeats: number;
  /** The number of its last announcement to all, and to this node alone, that came. */
  heard: { all: number; own: number };
  /** False: something was missed, and it has not answered yet that it tells everything again. */
  inStep: boolean;
}

export interface PeersOptions {
  readonly told: Told;
  send(frame: Frame, to?: NodeId): void;
  tell(message: FromNodes): void;
  /** An announcement that came twice, or after a newer one. */
  onDouble(): void;
}

/**
 * The other nodes: which are alive, and whether anything of what they announced was missed. Each
 * numbers what it announces and says with every heartbeat how far it is; who misses something asks,
 * again with every heartbeat until it is answered, and is told everything anew.
 */
export class Peers {
  readonly #peers = new Map<NodeId, Peer>();
  #up = false;
  #awayHeartbeats = 0;

  constructor(readonly node: NodeId, readonly options: PeersOptions) {}

  announce(news: NodeNews, to: NodeId | undefined): void {
    const { told, send } = this.options;
    const n = (to === undefined ? told.all : told.each.get(to) ?? 0) + 1;
    if (to === undefined) told.all = n;
    else told.each.set(to, n);
    send({ type: "news", n, news }, to);
  }

  /** `own`: it was said to this node alone. */
  heard(from: NodeId, frame: Frame, own: boolean): void {
    if (frame.type === "bye") return this.#forget(from);
    const peer = this.#peers.get(from) ?? this.#met(from);
    peer.silentHeartbeats = 0;
    const { told, send, tell } = this.options;
    switch (frame.type) {
      case "here": {
        const { all, own } = peer.heard;
        if (frame.all > all || (frame.each[this.node] ?? 0) > own) this.#missed(from, peer);
        return;
      }
      case "ask":
        send({ type: "base", all: told.all, own: told.each.get(from) ?? 0 }, from);
        return tell({ type: "wanted", by: from });
      case "base":
        peer.heard = { all: frame.all, own: frame.own };
        peer.inStep = true;
        return;
      case "news": {
        const stream = own ? "own" : "all";
        const last = peer.heard[stream];
        if (peer.inStep && frame.n <= last) return this.options.onDouble();
        peer.heard[stream] = frame.n;
        if (peer.inStep && frame.n > last + 1) this.#missed(from, peer);
        return tell({ type: "announced", from, news: frame.news });
      }
    }
  }

  /** Says that this node lives, and looks who has not said so for too long. */
  heartbeat(): void {
    this.#sayHere();
    if (!this.#up && ++this.#awayHeartbeats < AWAY_HEARTBEATS) return;
    const before = this.#peers.size;
    for (const [node, peer] of this.#peers) {
      if (!this.#up || ++peer.silentHeartbeats >= SILENT_HEARTBEATS) this.#peers.delete(node);
    }
    if (this.#peers.size < before) this.#tellAlive();
  }

  bus(up: boolean): void {
    this.#up = up;
    this.#awayHeartbeats = 0;
    for (const peer of this.#peers.values()) peer.silentHeartbeats = 0;
    if (up) this.#sayHere();
    this.options.tell({ type: "bus", up });
  }

  bye(): void {
    this.options.send({ type: "bye" });
  }

  get count(): number {
    return this.#peers.size;
  }

  #sayHere(): void {
    const { told, send } = this.options;
    const each: Record<NodeId, number> = {};
    for (const node of this.#peers.keys()) {
      const n = told.each.get(node);
      if (n !== undefined) each[node] = n;
    }
    send({ type: "here", all: told.all, each });
  }

  #met(node: NodeId): Peer {
    const peer: Peer = { silentHeartbeats: 0, heard: { all: 0, own: 0 }, inStep: false };
    this.#peers.set(node, peer);
    this.#tellAlive();
    this.options.send({ type: "ask" }, node);
    return peer;
  }

  #forget(node: NodeId): void {
    this.options.told.each.delete(node);
    if (this.#peers.delete(node)) this.#tellAlive();
  }

  /** Asked again at each heartbeat of the other, until it answers. */
  #missed(node: NodeId, peer: Peer): void {
    if (peer.inStep) this.options.tell({ type: "missed", from: node });
    peer.inStep = false;
    this.options.send({ type: "ask" }, node);
  }

  #tellAlive(): void {
    this.options.tell({ type: "nodes", alive: new Set(this.#peers.keys()) });
  }
}
