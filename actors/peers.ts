import type { NodeId } from "./relay_news.ts";

/** A node silent for this many heartbeats is gone: with one every 5 s, after 15 to 20 s. */
export const SILENT_HEARTBEATS = 4;
/**
 * While the bus is away nobody can be heard, and nobody is taken for gone because of it; but after
 * this many heartbeats, a minute, nothing is known of anybody any more.
 */
export const AWAY_HEARTBEATS = 12;

interface Peer {
  silentHeartbeats: number;
  /** How many of its announcements to all came, since it said how many there were. */
  came: number;
}

/**
 * The other nodes. Silence is counted in this node's own heartbeats, not in time: after it was
 * itself stopped for a while it does not take everybody else for dead.
 */
export class Peers {
  /** How many announcements this node has made to all. */
  told = 0;
  readonly #peers = new Map<NodeId, Peer>();
  #up = false;
  #awayHeartbeats = 0;

  alive(): ReadonlySet<NodeId> {
    return new Set(this.#peers.keys());
  }

  /** A word came from this node. True: nothing was known of it. */
  heard(node: NodeId): boolean {
    const peer = this.#peers.get(node);
    if (peer) peer.silentHeartbeats = 0;
    else this.#peers.set(node, { silentHeartbeats: 0, came: NaN });
    return peer === undefined;
  }

  /** An announcement to all came. */
  counted(node: NodeId): void {
    const peer = this.#peers.get(node);
    if (peer) peer.came++;
  }

  /** It says how many it told so far. True: not as many came. */
  missed(node: NodeId, told: number): boolean {
    const peer = this.#peers.get(node);
    if (!peer) return false;
    // Of a node that is new here nothing was missed, but what it told before is not known.
    const missed = !Number.isNaN(peer.came) && peer.came !== told;
    peer.came = told;
    return missed;
  }

  /** True: it was there. */
  left(node: NodeId): boolean {
    return this.#peers.delete(node);
  }

  /** Time has passed. True: somebody was silent for too long. */
  heartbeat(): boolean {
    const before = this.#peers.size;
    if (!this.#up && ++this.#awayHeartbeats >= AWAY_HEARTBEATS) this.#peers.clear();
    if (this.#up) {
      for (const [node, peer] of this.#peers) {
        if (++peer.silentHeartbeats >= SILENT_HEARTBEATS) this.#peers.delete(node);
      }
    }
    return this.#peers.size < before;
  }

  bus(up: boolean): void {
    this.#up = up;
    this.#awayHeartbeats = 0;
    for (const peer of this.#peers.values()) peer.silentHeartbeats = 0;
  }
}
