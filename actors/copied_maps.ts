import type { MapAsk, MapNews, MapPiece } from "./own_map.ts";

/** A node is asked for what is missing at most this often: what it says may be on its way. */
export const ASK_EVERY_MS = 1_000;

/** What came of a piece of news, over all nodes together. */
export interface Difference<V> {
  /** Entries that no other node had. */
  readonly came: (readonly [key: string, value: V])[];
  /** Entries that no other node has. */
  readonly went: (readonly [key: string, value: V])[];
  /** True: they came some time ago, and are only found now. */
  readonly late: boolean;
  /** To be asked for, because something is missing. */
  readonly ask?: MapAsk | undefined;
}

/** What one node said of its map. */
interface Copy<V> {
  life: number;
  version: number;
  readonly values: Map<string, V>;
  /** Being filled from the beginning: what was there before and has not been said again yet. */
  unconfirmed: Set<string> | undefined;
  /** False: nothing can be said about it, but for what was there before. */
  whole: boolean;
  askedMs: number;
  heardMs: number;
}

/** Copies of the other nodes' maps (`own_map.ts`), and all of them together as one. */
export class CopiedMaps<V> {
  readonly #copies = new Map<string, Copy<V>>();
  readonly #union = new Map<string, { value: V; nodes: number }>();

  constructor(readonly monotonic: () => number) {}

  get size(): number {
    return this.#union.size;
  }

  get(key: string): V | undefined {
    return this.#union.get(key)?.value;
  }

  has(key: string): boolean {
    return this.#union.has(key);
  }

  *entries(): Iterable<[string, V]> {
    for (const [key, { value }] of this.#union) yield [key, value];
  }

  /** The nodes whose map has this key. */
  *nodesOf(key: string): Iterable<string> {
    for (const [node, { values }] of this.#copies) if (values.has(key)) yield node;
  }

  /** What each node has under this key. */
  *valuesOf(key: string): Iterable<V> {
    for (const { values } of this.#copies.values()) {
      const value = values.get(key);
      if (value !== undefined) yield value;
    }
  }

  /** Nodes that something is known of. */
  nodes(): Iterable<string> {
    return this.#copies.keys();
  }

  /** Whether all is known that this node has said. */
  knows(node: string): boolean {
    return this.#copies.get(node)?.whole ?? false;
  }

  heard(node: string, news: Exclude<MapNews<V>, MapAsk>): Difference<V> {
    const copy = this.#copy(node);
    copy.heardMs = this.monotonic();
    if (news.life < copy.life) return NOTHING;
    if (news.kind === "piece") return this.#take(node, copy, news);
    const complete = copy.whole && news.life === copy.life && news.version <= copy.version;
    return complete ? NOTHING : this.#missing(node, copy);
  }

  /** What to ask a node for of which nothing has been heard for some time, or ever. */
  ask(node: string): MapAsk {
    const copy = this.#copies.get(node);
    return { kind: "ask", of: node, life: copy?.life ?? 0, after: copy?.version ?? 0 };
  }

  /** The node is gone, and with it all that only it had. */
  lost(node: string): Difference<V> {
    const copy = this.#copies.get(node);
    if (!copy) return NOTHING;
    this.#copies.delete(node);
    const difference = { came: [], went: [], late: false };
    for (const key of copy.values.keys()) this.#remove(key, difference);
    return difference;
  }

  /** Nodes that have not been heard of since then. */
  *silentSince(ms: number): Iterable<string> {
    for (const [node, { heardMs }] of this.#copies) if (heardMs < ms) yield node;
  }

  /** As if every node had been heard of just now. */
  forgive(): void {
    for (const copy of this.#copies.values()) copy.heardMs = this.monotonic();
  }

  #copy(node: string): Copy<V> {
    let copy = this.#copies.get(node);
    if (!copy) {
      copy = {
        life: 0,
        version: 0,
        values: new Map(),
        unconfirmed: undefined,
        whole: false,
        askedMs: -Infinity,
        heardMs: 0,
      };
      this.#copies.set(node, copy);
    }
    return copy;
  }

  #take(node: string, copy: Copy<V>, piece: MapPiece<V>): Difference<V> {
    const { life, after, version } = piece;
    if (after === 0 && (life > copy.life || version > copy.version || !copy.whole)) {
      copy.life = life;
      copy.version = 0;
      copy.whole = false;
      copy.unconfirmed = new Set(copy.values.keys());
    } else if (life > copy.life || after > copy.version || (!copy.whole && !copy.unconfirmed)) {
      return this.#missing(node, copy);
    } else if (version < copy.version || (version === copy.version && copy.whole)) return NOTHING;
    const difference = { came: [], went: [], late: piece.late ?? false };
    for (const [key, value] of piece.set) {
      copy.unconfirmed?.delete(key);
      this.#set(copy, key, value, difference);
    }
    for (const key of piece.gone) {
      copy.unconfirmed?.delete(key);
      if (copy.values.delete(key)) this.#remove(key, difference);
    }
    copy.version = version;
    if (piece.more || !copy.unconfirmed) return difference;
    for (const key of copy.unconfirmed) {
      if (copy.values.delete(key)) this.#remove(key, difference);
    }
    copy.unconfirmed = undefined;
    copy.whole = true;
    return difference;
  }

  #missing(node: string, copy: Copy<V>): Difference<V> {
    const nowMs = this.monotonic();
    if (nowMs - copy.askedMs < ASK_EVERY_MS) return NOTHING;
    copy.askedMs = nowMs;
    return { ...NOTHING, ask: this.ask(node) };
  }

  #set(copy: Copy<V>, key: string, value: V, { came }: Difference<V>): void {
    const known = copy.values.has(key);
    copy.values.set(key, value);
    const all = this.#union.get(key);
    if (all) {
      all.value = value;
      if (!known) all.nodes++;
    } else {
      this.#union.set(key, { value, nodes: 1 });
      came.push([key, value]);
    }
  }

  #remove(key: string, { went }: Difference<V>): void {
    const all = this.#union.get(key);
    if (!all || --all.nodes > 0) return;
    this.#union.delete(key);
    went.push([key, all.value]);
  }
}

const NOTHING: Difference<never> = { came: [], went: [], late: false };
