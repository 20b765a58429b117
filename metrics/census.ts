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
  readonly report: Report;
}

/** What the actors do, for people who look again and again: their rates need the look before. */
export class Census {
  #last: Sample | undefined;

  constructor(
    readonly inspect: () => readonly Inspection[],
    readonly monotonic: () => number,
  ) {}

  /** With a `limit`, so many actors of each kind at most; `kinds` is of all of them. */
  report(limit?: number): Report {
    const nowMs = this.monotonic();
    if (!this.#last || nowMs - this.#last.atMs >= SAMPLE_EVERY_MS) {
      this.#last = this.#sample(nowMs, this.#last);
    }
    const { kinds, actors } = this.#last.report;
    if (limit === undefined) return { kinds, actors };
    const listed = new Map<string, number>();
    return {
      kinds,
      actors: actors.filter(({ name }) => {
        const kind = kindOf(name);
        const before = listed.get(kind) ?? 0;
        listed.set(kind, before + 1);
        return before < limit;
      }),
    };
  }

  #sample(nowMs: number, before: Sample | undefined): Sample {
    const inspected = this.inspect();
    const handled = new Map(inspected.map((actor) => [actor.name, actor.handled]));
    const seconds = before && nowMs - before.atMs < SAMPLE_OLD_MS
      ? (nowMs - before.atMs) / 1_000
      : undefined;
    if (!before || seconds === undefined) {
      const actors = [...inspected].sort(byInterest);
      return { atMs: nowMs, handled, report: { kinds: groupByKind(inspected), actors } };
    }
    const kindRates = new Map<string, number>();
    const actors = inspected.map((actor): Observed => {
      const done = actor.handled - (before.handled.get(actor.name) ?? 0);
      // An actor that is new under an old name, or took back what it had not handled.
      const perSecond = Math.max(0, done) / seconds;
      const kind = kindOf(actor.name);
      kindRates.set(kind, (kindRates.get(kind) ?? 0) + perSecond);
      return { ...actor, perSecond };
    }).sort(byInterest);
    const kinds = groupByKind(inspected).map((all): ObservedKind => ({
      ...all,
      perSecond: kindRates.get(all.kind) ?? 0,
    }));
    return { atMs: nowMs, handled, report: { kinds, actors } };
  }
}

function byInterest(a: Observed, b: Observed): number {
  return Number(isTroubled(b)) - Number(isTroubled(a)) ||
    (b.perSecond ?? 0) - (a.perSecond ?? 0) || b.depth - a.depth || b.handled - a.handled;
}

function isTroubled({ state, restarts, depth, bound }: Inspection): boolean {
  return state === "restarting" || restarts > 0 || depth * 2 >= bound;
}
