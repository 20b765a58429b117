import type { Inspection } from "../actors/actor.ts";
import { groupByKind, type Kind, kindOf } from "./kinds.ts";

/** However many ask, the tree of actors is walked once in this time. */
const SAMPLE_EVERY_MS = 1_000;
/** A rate over a longer time says nothing about now. */
const SAMPLE_OLD_MS = 30_000;

/** An actor, and what it does a second. */
export interface Observed extends Inspection {
  /** Messages handled a second since the sample before; undefined in the first. */
  readonly perSecond?: number;
}

export interface ObservedKind extends Kind {
  readonly perSecond?: number;
}

/** The actors as they were at one moment. */
export interface Report {
  readonly kinds: readonly ObservedKind[];
  /** Those in trouble first, then the busiest. */
  readonly actors: readonly Observed[];
}

interface Sample {
  readonly atMs: number;
  readonly handled: ReadonlyMap<string, number>;
  readonly actors: readonly Observed[];
  readonly kinds: readonly ObservedKind[];
}

/** What the actors do, for people who look again and again: their rates need the look before. */
export class Census {
  #last: Sample | undefined;

  constructor(
    readonly inspect: () => readonly Inspection[],
    readonly monotonic: () => number,
  ) {}

  /** With a `limit`, so many actors of each kind at most; `kinds` is of all of them. */
  report(limit = Infinity): Report {
    const nowMs = this.monotonic();
    if (!this.#last || nowMs - this.#last.atMs >= SAMPLE_EVERY_MS) {
      this.#last = this.#sample(nowMs, this.#last);
    }
    const { kinds, actors } = this.#last;
    return { kinds, actors: mostInteresting(actors, limit) };
  }

  #sample(atMs: number, before: Sample | undefined): Sample {
    const inspected = this.inspect();
    const handled = new Map<string, number>();
    for (const actor of inspected) handled.set(actor.name, actor.handled);
    if (!before || atMs - before.atMs >= SAMPLE_OLD_MS) {
      return { atMs, handled, actors: inspected, kinds: groupByKind(inspected) };
    }
    const seconds = (atMs - before.atMs) / 1_000;
    const kindRates = new Map<string, number>();
    const actors = inspected.map((actor): Observed => {
      // Less than before: an actor that is new under an old name, or took back what it had not done.
      const done = Math.max(0, actor.handled - (before.handled.get(actor.name) ?? 0));
      const perSecond = done / seconds;
      const kind = kindOf(actor.name);
      kindRates.set(kind, (kindRates.get(kind) ?? 0) + perSecond);
      return { ...actor, perSecond };
    });
    const kinds = groupByKind(inspected).map((all): ObservedKind => ({
      ...all,
      perSecond: kindRates.get(all.kind) ?? 0,
    }));
    return { atMs, handled, actors, kinds };
  }
}

/**
 * At most `limit` of each kind. Of thousands nearly all are turned down by one look at the last of
 * those taken so far: sorting them all would hold the event loop for tens of milliseconds.
 */
function mostInteresting(actors: readonly Observed[], limit: number): Observed[] {
  if (limit === Infinity) return [...actors].sort(byInterest);
  const taken = new Map<string, Observed[]>();
  for (const actor of actors) {
    const kind = kindOf(actor.name);
    let best = taken.get(kind);
    if (!best) taken.set(kind, best = []);
    const last = best[limit - 1];
    if (last && byInterest(last, actor) <= 0) continue;
    const at = best.findIndex((each) => byInterest(each, actor) > 0);
    best.splice(at < 0 ? best.length : at, 0, actor);
    if (best.length > limit) best.pop();
  }
  return [...taken.values()].flat().sort(byInterest);
}

function byInterest(a: Observed, b: Observed): number {
  return Number(isTroubled(b)) - Number(isTroubled(a)) ||
    (b.perSecond ?? 0) - (a.perSecond ?? 0) || b.depth - a.depth || b.handled - a.handled;
}

function isTroubled({ state, restarts, depth, bound }: Inspection): boolean {
  return state === "restarting" || restarts > 0 || depth * 2 >= bound;
}
