import type { Clock } from "./clock.ts";
import { CopiedMaps, type Difference } from "./copied_maps.ts";
import { type MapAsk, type MapNews, OwnMap } from "./own_map.ts";
import type { Neighbours } from "./neighbours.ts";

/** What changed is told at once after a quiet time, and then at most this often. */
export const TELL_EVERY_MS = 200;
/** So long after the last change it is said once more how far the map is, */
export const REMIND_AFTER_MS = 10_000;
/** and then again and again: who has not heard that, believes nothing any more. */
export const REMIND_EVERY_MS = 60_000;
/** A node that has not said a word of its map for so long, while it could be heard, has none. */
const SILENT_MS = 150_000;

export interface SharedMapOptions<V> {
  readonly clock: Clock;
  readonly neighbours: Neighbours;
  /** Given by who restarts this map and goes on with what is known of the others. */
  readonly copies?: CopiedMaps<V>;
  tell(news: MapNews<V>): void;
  /** It is time to call `share`. */
  due(): void;
}

let lastLife = 0;

/** What every node has a part of: this node's part, and the copies of the others'. */
export class SharedMap<V> {
  readonly copies: CopiedMaps<V>;
  readonly #own: OwnMap<V>;
  readonly #clock: Clock;
  #toldMs = -Infinity;
  /** When it is to be said how far the map is. */
  #remindMs: number;
  #dueMs = Infinity;
  #met: ReadonlySet<string>;
  #cancel = () => {};

  constructor(readonly options: SharedMapOptions<V>) {
    const { clock, copies, neighbours } = options;
    this.#clock = clock;
    this.#met = neighbours.alive;
    this.copies = copies ?? new CopiedMaps(() => clock.monotonic());
    this.#own = new OwnMap(lastLife = Math.max(lastLife + 1, clock.now()));
    this.#remindMs = clock.monotonic() + REMIND_EVERY_MS;
    this.#schedule();
  }

  /** This node's part. */
  get own(): Pick<OwnMap<V>, "get" | "size"> {
    return this.#own;
  }

  set(key: string, value: V): void {
    this.#own.set(key, value);
    this.#schedule();
  }

  delete(key: string): void {
    this.#own.delete(key);
    this.#schedule();
  }

  /** Undefined: nothing follows from it for anybody here. */
  heard(from: string, news: MapNews<V>): Difference<V> | undefined {
    if (news.kind === "ask") {
      this.#asked(news);
      return undefined;
    }
    if (!this.options.neighbours.alive.has(from)) return undefined;
    const difference = this.copies.heard(from, news);
    if (difference.ask) this.options.tell(difference.ask);
    return difference;
  }

  /** Asks everybody: nothing is known of them yet. */
  askAll(): void {
    this.options.tell({ kind: "ask", life: 0, after: 0 });
  }

  /** Asks those of whom something is known for what was missed meanwhile. */
  askAgain(): void {
    this.copies.forgive();
    for (const node of this.copies.nodes()) this.ask(node);
  }

  ask(node: string): void {
    this.options.tell(this.copies.ask(node));
  }

  /** Other nodes came or died: what those had who are not there any more is gone. */
  neighboursChanged(): Difference<V>[] {
    const { alive } = this.options.neighbours;
    for (const node of alive) {
      if (!this.#met.has(node)) this.ask(node);
    }
    this.#met = alive;
    return [...this.copies.nodes()]
      .filter((node) => !alive.has(node))
      .map((node) => this.copies.lost(node));
  }

  /** Tells the others what is due. Answers what came of nobody having told anything for long. */
  share(): Difference<V>[] {
    const nowMs = this.#clock.monotonic();
    this.#dueMs = Infinity;
    const { tell, neighbours } = this.options;
    if (this.#own.hasNews) {
      for (const piece of this.#own.sending()) tell(piece);
      this.#toldMs = nowMs;
      this.#remindMs = nowMs + REMIND_AFTER_MS;
    }
    const silent: Difference<V>[] = [];
    if (nowMs >= this.#remindMs) {
      this.#remindMs = nowMs + REMIND_EVERY_MS;
      if (this.#own.version > 0) tell(this.#own.now());
      if (!neighbours.up) this.copies.forgive();
      for (const node of [...this.copies.silentSince(nowMs - SILENT_MS)]) {
        silent.push(this.copies.lost(node));
      }
    }
    this.#schedule();
    return silent;
  }

  stop(): void {
    this.#cancel();
  }

  #asked(ask: MapAsk): void {
    const mine = ask.of === undefined
      ? this.#own.version > 0
      : ask.of === this.options.neighbours.self;
    if (!mine) return;
    this.#own.asked(ask);
    this.#schedule();
  }

  #schedule(): void {
    const dueMs = this.#own.hasNews ? this.#toldMs + TELL_EVERY_MS : this.#remindMs;
    if (dueMs >= this.#dueMs) return;
    this.#dueMs = dueMs;
    this.#cancel();
    const waitMs = Math.max(0, dueMs - this.#clock.monotonic());
    this.#cancel = this.#clock.after(waitMs, () => this.options.due());
  }
}
