/**
 * A map that one node writes and all others have a copy of (`copied_maps.ts`): who is online on it,
 * who is in a room on it. What is sent may be lost, doubled or come in another order.
 *
 * Every change has a version. A piece of news says how everything is that changed after one version
 * and up to another, never how it changed: so it can be applied twice, and pieces may overlap. A
 * reader that finds a gap asks for what comes after the version it has.
 */
export type MapNews<V> =
  | MapPiece<V>
  /** Nothing is new; told now and then, so that who has missed the last piece finds out. */
  | { readonly kind: "now"; readonly life: number; readonly version: number }
  | MapAsk;

export interface MapPiece<V> {
  readonly kind: "piece";
  /** A map that begins anew, empty, has a greater one. */
  readonly life: number;
  /** What changed after this version, */
  readonly after: number;
  /** up to this one. After 0 it is the whole map. */
  readonly version: number;
  readonly set: readonly (readonly [key: string, value: V])[];
  readonly gone: readonly string[];
  /** The next piece goes on from here. */
  readonly more?: true;
  /** Somebody asked: what is in here did not happen just now. */
  readonly late?: true;
}

/** Asks for what is new, from a node or from all that have anything. */
export interface MapAsk {
  readonly kind: "ask";
  readonly of?: string;
  /** What the asker has; 0: nothing. */
  readonly life: number;
  readonly after: number;
}

/** Entries of one piece: with names, about 30 KB. */
export const PIECE_ENTRIES_MAX = 500;
/** Pieces sent at a time; the rest follows with the next, so that nothing else waits for it. */
const PIECES_AT_A_TIME = 20;
/** Entries that are gone and remembered, so that who missed it need not be sent everything. */
const GONE_MAX = 1_000;
/** Each sending says again what the so many before it said: one lost in between costs nothing. */
const SENDINGS_SAID_AGAIN = 2;

interface Entry<V> {
  readonly version: number;
  /** Undefined: it is gone. */
  readonly value: V | undefined;
}

export class OwnMap<V> {
  #version = 0;
  /** Each in the order of its last change. */
  readonly #live = new Map<string, Entry<V>>();
  readonly #gone = new Map<string, Entry<V>>();
  /** What changed since the oldest version that is said again. */
  readonly #recent = new Map<string, Entry<V>>();
  /** Of what was gone up to here, something has been forgotten. */
  #forgotten = 0;
  /** The versions up to which the last sendings went; the newest at the end. */
  #sent: number[] = [0];
  /** Somebody lacks what comes after this version. */
  #owed: number | undefined;
  #late = false;

  /** `life`: greater than that of this node's map before, should there have been one. */
  constructor(readonly life: number) {}

  get size(): number {
    return this.#live.size;
  }

  get version(): number {
    return this.#version;
  }

  /** Whether `sending` has anything to say. */
  get hasNews(): boolean {
    return this.#owed !== undefined || this.#lastSent < this.#version;
  }

  get(key: string): V | undefined {
    return this.#live.get(key)?.value;
  }

  set(key: string, value: V): void {
    this.#gone.delete(key);
    this.#live.delete(key);
    this.#live.set(key, this.#changed(key, value));
  }

  delete(key: string): void {
    if (!this.#live.delete(key)) return;
    this.#gone.set(key, this.#changed(key, undefined));
    if (this.#gone.size <= GONE_MAX) return;
    for (const [oldest, { version }] of this.#gone) {
      this.#gone.delete(oldest);
      this.#forgotten = version;
      break;
    }
  }

  /** Notes what somebody lacks; the next sending has it, once for all who asked. */
  asked({ life, after }: MapAsk): void {
    const from = life === this.life && after <= this.#version ? after : 0;
    this.#owed = Math.min(this.#owed ?? from, from);
    this.#late = true;
  }

  /** What is to be sent now; `hasNews` says whether more is left for the next time. */
  sending(): MapPiece<V>[] {
    if (!this.hasNews) return [];
    const saidAgain = this.#sent[0] ?? 0;
    const after = Math.min(this.#owed ?? saidAgain, saidAgain);
    const pieces = this.#pieces(after < saidAgain && after < this.#forgotten ? 0 : after);
    const upTo = pieces.at(-1)?.version ?? this.#version;
    const left = upTo < this.#version;
    if (left && upTo > this.#lastSent) this.#sent = [];
    this.#sent.push(Math.max(upTo, this.#lastSent));
    if (this.#sent.length > SENDINGS_SAID_AGAIN + 1) this.#sent.shift();
    this.#forgetSaid();
    this.#owed = left ? upTo : undefined;
    if (!left) this.#late = false;
    return pieces;
  }

  now(): MapNews<V> {
    return { kind: "now", life: this.life, version: this.#version };
  }

  get #lastSent(): number {
    return this.#sent.at(-1) ?? 0;
  }

  #changed(key: string, value: V | undefined): Entry<V> {
    const entry = { version: ++this.#version, value };
    this.#recent.delete(key);
    this.#recent.set(key, entry);
    return entry;
  }

  #forgetSaid(): void {
    const saidAgain = this.#sent[0] ?? 0;
    for (const [key, { version }] of this.#recent) {
      if (version > saidAgain) break;
      this.#recent.delete(key);
    }
  }

  /** What changed after a version, cut into pieces. */
  #pieces(after: number): MapPiece<V>[] {
    const pieces: MapPiece<V>[] = [];
    let from = after;
    let upTo = after;
    let set: [string, V][] = [];
    let gone: string[] = [];
    const cut = (version: number, more: boolean) => {
      pieces.push({
        kind: "piece",
        life: this.life,
        after: from,
        version,
        set,
        gone,
        ...(more ? { more: true } : undefined),
        ...(this.#late ? { late: true } : undefined),
      });
      [from, set, gone] = [version, [], []];
    };
    for (const [key, { version, value }] of this.#since(after)) {
      if (set.length + gone.length === PIECE_ENTRIES_MAX) {
        cut(upTo, true);
        if (pieces.length === PIECES_AT_A_TIME) return pieces;
      }
      if (value === undefined) gone.push(key);
      else set.push([key, value]);
      upTo = version;
    }
    cut(this.#version, false);
    return pieces;
  }

  /** In the order of the versions. */
  *#since(after: number): Iterable<[string, Entry<V>]> {
    if (after >= (this.#sent[0] ?? 0)) {
      for (const each of this.#recent) if (each[1].version > after) yield each;
      return;
    }
    // Who is sent the whole map needs not hear of what is not there.
    const gone = after === 0 ? [][Symbol.iterator]() : this.#gone[Symbol.iterator]();
    let next = gone.next();
    for (const each of this.#live) {
      for (; !next.done && next.value[1].version < each[1].version; next = gone.next()) {
        if (next.value[1].version > after) yield next.value;
      }
      if (each[1].version > after) yield each;
    }
    for (; !next.done; next = gone.next()) if (next.value[1].version > after) yield next.value;
  }
}
