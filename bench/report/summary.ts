import type { Measure } from "../cells.ts";
import type { Contestant } from "../contestants.ts";
import type { JoinCost } from "../load/scenario.ts";
import type { CellResults, Entry } from "../rounds.ts";
import { median, rounded } from "./statistics.ts";

/** Medians over the rounds, three significant digits. What a cell does not measure is null. */
export interface Row {
  readonly id: string;
  readonly label: string;
  readonly kind: Contestant["kind"];
  readonly rounds: number;
  readonly failed: number;
  /** To the best peer of the same run, above 1 is better; to plain Deno for latency and memory. */
  readonly ratio: number | null;
  /** The same by the server's CPU time: a busy machine disturbs it less. */
  readonly ratioByCpu: number | null;
  /** The figures by name, medians. */
  readonly figures: Readonly<Record<string, number>>;
  /** The headline figure of each round. */
  readonly headline: readonly (number | null)[];
}

export interface CellSummary {
  readonly name: string;
  readonly title: string;
  readonly measure: Measure;
  readonly rows: readonly Row[];
}

/** The figure that a cell is about; whether more of it is better; whom it is compared with. */
const HEADLINES: Readonly<
  Record<Measure, { figure: string; moreIsBetter: boolean; reference: "best" | "deno" | "none" }>
> = {
  "ceiling": { figure: "deliveriesPerSecond", moreIsBetter: true, reference: "none" },
  "throughput": { figure: "deliveriesPerSecond", moreIsBetter: true, reference: "best" },
  "latency": { figure: "p50Ms", moreIsBetter: false, reference: "deno" },
  "half-rate": { figure: "p99Ms", moreIsBetter: false, reference: "none" },
  "gathering": { figure: "kilobytesPerConnection", moreIsBetter: false, reference: "deno" },
};

const CPU = "serverCpuSecondsPerMillion";

export function summarize({ cell, entries }: CellResults): CellSummary {
  const { figure, moreIsBetter, reference } = HEADLINES[cell.measure];
  const peers = entries.filter(({ contestant }) => contestant.kind === "peer");
  const referent = (figure: string, moreIsBetter: boolean) =>
    reference === "best"
      ? best(peers, figure, moreIsBetter)
      : reference === "deno"
      ? peers.find(({ contestant }) => contestant.id === "deno")
      : undefined;
  const headlineOf = referent(figure, moreIsBetter);
  const cpuOf = cell.measure === "throughput" ? referent(CPU, false) : undefined;
  return {
    name: cell.name,
    title: cell.title,
    measure: cell.measure,
    rows: entries.map((entry) => ({
      id: entry.contestant.id,
      label: entry.contestant.label,
      kind: entry.contestant.kind,
      rounds: entry.results.length,
      failed: entry.results.filter((result) => result === undefined).length,
      ratio: ratio(entry, headlineOf, figure, moreIsBetter),
      ratioByCpu: ratio(entry, cpuOf, CPU, false),
      figures: medians(entry),
      headline: perRound(entry, figure).map((value) => Number.isNaN(value) ? null : rounded(value)),
    })),
  };
}

function best(entries: readonly Entry[], figure: string, moreIsBetter: boolean) {
  const value = (entry: Entry) => median(perRound(entry, figure)) * (moreIsBetter ? 1 : -1);
  return entries.filter((entry) => !Number.isNaN(value(entry)))
    .sort((a, b) => value(b) - value(a))[0];
}

/** The median of the rounds' ratios: what disturbs a round disturbs both sides of its ratio. */
function ratio(
  entry: Entry,
  reference: Entry | undefined,
  figure: string,
  moreIsBetter: boolean,
): number | null {
  if (reference === undefined) return null;
  const theirs = perRound(reference, figure);
  const ratios = perRound(entry, figure).map((own, round) => {
    const other = theirs[round] ?? NaN;
    return moreIsBetter ? own / other : other / own;
  });
  const middle = median(ratios);
  return Number.isNaN(middle) ? null : rounded(middle);
}

function perRound({ results }: Entry, figure: string): number[] {
  return results.map((result) => result === undefined ? NaN : figuresOf(result)[figure] ?? NaN);
}

function medians(entry: Entry): Record<string, number> {
  const names = new Set(
    entry.results.flatMap((result) => Object.keys(result ? figuresOf(result) : {})),
  );
  return Object.fromEntries(
    [...names].map((name) => [name, rounded(median(perRound(entry, name)))]),
  );
}

/** A result as flat figures, named with their units. */
function figuresOf(result: NonNullable<Entry["results"][number]>): Record<string, number> {
  if (result.kind === "fan-out") {
    const { kind: _, latencyMs: { p50, p99, max }, elsewhereMs: __, ...figures } = result;
    return { ...figures, p50Ms: p50, p99Ms: p99, maxMs: max };
  }
  const { kind: _, joins, ...figures } = result;
  return { ...figures, ...Object.fromEntries(joins.flatMap(joinFigures)) };
}

function joinFigures({ connections, meanMs, serverCpuMs }: JoinCost): [string, number][] {
  return [[`joinMsAt${connections}`, meanMs], [`joinCpuMsAt${connections}`, serverCpuMs]];
}
