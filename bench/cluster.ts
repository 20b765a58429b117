/** `deno task bench:cluster`: one node beside several. README.md says what, how and with which flags. */
import { CELLS } from "./cluster/cells.ts";
import { type Setup, SETUPS, standUp } from "./cluster/setups.ts";
import { type CellResults, markdown } from "./cluster/table.ts";
import { chosen, type Flags, outPath, positive, runBench } from "./flags.ts";
import type { FanOut, FanOutResult } from "./load/scenario.ts";
import { generate } from "./rounds.ts";

const HELP = `deno task bench:cluster [options]

  --cells A,B    of ${CELLS.map(({ name }) => name).join(", ")}; default all
  --setups A,B   of ${SETUPS.map(({ id }) => id).join(", ")}; default all
  --rounds N     default 3
  --seconds N    of measuring in each run, default 2
  --out PATH     of the table, default bench/results/cluster.md; "none" writes nothing`;

const OPTIONS = ["cells", "setups", "rounds", "seconds", "out"] as const;

async function main(flags: Flags<typeof OPTIONS[number]>, loadBefore: number): Promise<void> {
  const rounds = Math.ceil(positive(flags.rounds, 3));
  const seconds = positive(flags.seconds, 2);
  const setups = chosen(flags.setups, SETUPS, ({ id }) => id);
  const results: CellResults[] = chosen(flags.cells, CELLS, ({ name }) => name).map((cell) => ({
    cell,
    entries: setups.map((setup) => ({ setup, results: [] })),
  }));
  for (let round = 1; round <= rounds; round++) {
    for (const { cell, entries } of results) {
      for (const { setup, results } of entries) {
        const what = `round ${round}, ${cell.name}, ${setup.label}`;
        try {
          const result = await measure(setup, cell.work(seconds * 1000));
          results.push(result);
          console.error(`${what}: ${brief(result)}`);
        } catch (error) {
          console.error(`${what}: failed: ${error instanceof Error ? error.message : error}`);
        }
      }
    }
  }
  const table = await markdown(results, { rounds, seconds, loadBefore });
  console.log(table);
  const out = await outPath(flags.out, `${import.meta.dirname}/results/cluster.md`);
  if (out === undefined) return;
  await Deno.writeTextFile(out, table);
}

/** Servers, nodes and a store of its own for each run. */
async function measure(setup: Setup, work: FanOut): Promise<FanOutResult> {
  await using servers = await standUp(setup);
  const { nodes } = servers;
  const plan = { measureMs: work.measureMs, cores: undefined };
  const result = await generate(plan, { nodes, codec: "json", work });
  if (result.kind !== "fan-out") throw new Error("expected the result of a fan-out");
  return result;
}

function brief({ messagesPerSecond, latencyMs, elsewhereMs }: FanOutResult): string {
  const rate = `${messagesPerSecond.toFixed(0)} messages/s`;
  const here = `p50 ${latencyMs.p50.toFixed(2)}, p99 ${latencyMs.p99.toFixed(2)} ms`;
  if (!elsewhereMs) return `${rate}, ${here}`;
  return `${rate}, ${here}; other node ${elsewhereMs.p50.toFixed(2)}, ${
    elsewhereMs.p99.toFixed(2)
  }`;
}

if (import.meta.main) await runBench({ help: HELP, options: OPTIONS }, main);
