import type { LeftOut } from "../contestants.ts";
import type { Machine } from "./machine.ts";
import type { CellSummary, Row } from "./summary.ts";

export interface Report {
  readonly date: string;
  readonly machine: Machine;
  readonly pinned: boolean;
  readonly rounds: number;
  readonly measureSeconds: number;
  readonly leftOut: readonly LeftOut[];
  readonly cells: readonly CellSummary[];
}

type Column = readonly [title: string, value: (row: Row) => string];

const figure = (name: string, digits: number, factor = 1) => ({ figures }: Row) => {
  const value = figures[name];
  return value === undefined || Number.isNaN(value) ? "–" : (value * factor).toFixed(digits);
};
const ratioText = (ratio: number | null) => ratio === null ? "–" : ratio.toFixed(2);

const RATIO: Column = ["ratio", ({ ratio }) => ratioText(ratio)];
const LATENCIES: readonly Column[] = [
  ["p50 ms", figure("p50Ms", 2)],
  ["p99 ms", figure("p99Ms", 2)],
  ["max ms", figure("maxMs", 1)],
];
const CAME: readonly Column[] = [
  ["came", figure("share", 2, 100)],
  ["dropped", figure("dropped", 0)],
];
const LOAD: readonly Column[] = [
  ["server", figure("serverBusy", 0, 100)],
  ["generator", figure("generatorBusy", 0, 100)],
  ["MiB", figure("residentMiB", 0)],
];

const COLUMNS: Readonly<Record<CellSummary["measure"], readonly Column[]>> = {
  "ceiling": [
    ["M deliveries/s", figure("deliveriesPerSecond", 2, 1e-6)],
    ["msg/frame", figure("messagesPerFrame", 1)],
    ...LOAD,
  ],
  "throughput": [
    ["M deliveries/s", figure("deliveriesPerSecond", 2, 1e-6)],
    RATIO,
    ["by CPU", ({ ratioByCpu }) => ratioText(ratioByCpu)],
    ["CPU s/M", figure("serverCpuSecondsPerMillion", 3)],
    ...CAME,
    ...LATENCIES,
    ["msg/frame", figure("messagesPerFrame", 1)],
    ["B/delivery", figure("bytesPerDelivery", 0)],
    ...LOAD,
  ],
  "half-rate": [
    ["M deliveries/s", figure("deliveriesPerSecond", 2, 1e-6)],
    ...CAME,
    ...LATENCIES,
    ["msg/frame", figure("messagesPerFrame", 1)],
    ...LOAD,
  ],
  "latency": [...LATENCIES, RATIO, ...CAME],
  "gathering": [
    ["KB each", figure("kilobytesPerConnection", 1)],
    RATIO,
    ["all in, s", figure("seconds", 1)],
    ["frames/s, most", figure("framesPerSecondMax", 0)],
    ["CPU ms/join at 1,000", figure("joinCpuMsAt1000", 3)],
    ["at 10,000", figure("joinCpuMsAt10000", 3)],
    ["ms/join at 1,000", figure("joinMsAt1000", 2)],
    ["at 10,000", figure("joinMsAt10000", 2)],
    ["dropped", figure("dropped", 0)],
  ],
};

export function markdown(report: Report): string {
  const { date, machine, rounds, measureSeconds, leftOut, cells, pinned } = report;
  return [
    `# Hubbub beside its peers, ${date}`,
    "",
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, Deno ` +
    `${machine.deno}. Medians of ${rounds} interleaved rounds of ${measureSeconds} s. ` +
    (pinned ? "Server and generator on a core each. " : "Nothing was pinned to a core. ") +
    `Load average before ${machine.loadAverage[0]}, after ${machine.loadAverage[1]}: where the ` +
    "server's share of its core (`server`, in per cent) is far below 100 in a closed loop, others " +
    "used the machine and the rates are too low for all; `by CPU` then says more than `ratio`.",
    "",
    "Ratios: to the best peer of the same run, above 1 is better (throughput) · to plain Deno, above " +
    "1 is better (latency, memory). `came`: per cent of the deliveries that were due. `CPU s/M`: the " +
    "server's CPU seconds for a million deliveries. Messages of 64 bytes, two of each speaker on the way.",
    "",
    ...leftOut.map(({ label, why }) => `Left out: ${label} (${why}).`),
    "",
    ...overview(cells),
    ...cells.flatMap((cell) => ["", `## ${cell.title} (\`${cell.name}\`)`, "", ...details(cell)]),
    "",
  ].join("\n");
}

/** Contestants down, cells across: rates in millions of deliveries a second, ratios in brackets. */
function overview(cells: readonly CellSummary[]): string[] {
  const shown = cells.filter(({ measure }) => measure === "throughput");
  if (shown.length === 0) return [];
  const labels = new Map(shown.flatMap(({ rows }) => rows.map(({ id, label }) => [id, label])));
  return table(
    ["M deliveries/s (ratio)", ...shown.map(({ name }) => name)],
    [...labels].map(([id, label]) => [
      label,
      ...shown.map(({ rows }) => {
        const row = rows.find((row) => row.id === id);
        if (row === undefined) return "";
        const rate = figure("deliveriesPerSecond", 2, 1e-6)(row);
        return row.kind === "peer" ? rate : `${rate} (${ratioText(row.ratio)})`;
      }),
    ]),
  );
}

function details({ measure, rows }: CellSummary): string[] {
  const columns = COLUMNS[measure];
  return table(
    ["", ...columns.map(([title]) => title)],
    rows.map((row) => [
      row.failed > 0 ? `${row.label}, ${row.failed} of ${row.rounds} runs failed` : row.label,
      ...columns.map(([, value]) => value(row)),
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, n) =>
    Math.max(title.length, ...rows.map((row) => row[n]?.length ?? 0))
  );
  const line = (cells: readonly string[]) =>
    `| ${
      cells.map((cell, n) => n === 0 ? cell.padEnd(widths[n]!) : cell.padStart(widths[n]!))
        .join(" | ")
    } |`;
  const rule = widths.map((width, n) => n === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`);
  return [line(head), line(rule), ...rows.map(line)];
}
