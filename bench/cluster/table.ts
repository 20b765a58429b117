import type { FanOutResult, Latency } from "../load/scenario.ts";
import { describeMachine } from "../report/machine.ts";
import { median } from "../report/statistics.ts";
import type { Cell } from "./cells.ts";
import type { Setup } from "./setups.ts";

/** Results of one setup in one cell, a round each; those that failed are not there. */
export interface Entry {
  readonly setup: Setup;
  readonly results: FanOutResult[];
}

export interface CellResults {
  readonly cell: Cell;
  readonly entries: readonly Entry[];
}

type Figure = (result: FanOutResult) => number | undefined;
type Column = readonly [title: string, figure: Figure, digits: number];

const near = (part: keyof Latency): Figure => ({ latencyMs }) => latencyMs[part];
const far = (part: keyof Latency): Figure => ({ elsewhereMs }) => elsewhereMs?.[part];

const COLUMNS: readonly Column[] = [
  ["messages/s", ({ messagesPerSecond }) => messagesPerSecond, 0],
  ["deliveries/s", ({ deliveriesPerSecond }) => deliveriesPerSecond, 0],
  ["same node p50 ms", near("p50"), 2],
  ["p99 ms", near("p99"), 2],
  ["other node p50 ms", far("p50"), 2],
  ["p99 ms", far("p99"), 2],
  ["came %", ({ share }) => share * 100, 2],
  ["nodes' cores", ({ serverBusy }) => serverBusy, 2],
];

/** Medians over the rounds. */
export async function markdown(
  results: readonly CellResults[],
  run: { readonly rounds: number; readonly seconds: number; readonly loadBefore: number },
): Promise<string> {
  const { cpu, cores, memoryGiB, kernel, deno, loadAverage } = await describeMachine(
    run.loadBefore,
  );
  return [
    `# Hubbub on several nodes, ${new Date().toISOString().slice(0, 10)}`,
    "",
    `${cpu}, ${cores} cores for nodes, MariaDB, Redis and the generator together, ${memoryGiB} ` +
    `GiB, Linux ${kernel}, Deno ${deno}. Medians of ${run.rounds} rounds of ${run.seconds} s. ` +
    `Load average before ${loadAverage[0]}, after ${loadAverage[1]}. Messages of 64 bytes.`,
    ...results.flatMap(({ cell, entries }) => [
      "",
      `## ${cell.title} (\`${cell.name}\`)`,
      "",
      row(["", ...COLUMNS.map(([title]) => title)]),
      row(["---", ...COLUMNS.map(() => "--:")]),
      ...entries.map(({ setup, results }) =>
        row([setup.label, ...COLUMNS.map((column) => shown(column, results))])
      ),
    ]),
    "",
  ].join("\n");
}

function shown([, figure, digits]: Column, results: readonly FanOutResult[]): string {
  const value = median(results.map((result) => figure(result) ?? NaN));
  return Number.isNaN(value) ? "–" : value.toLocaleString("en", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
