import type { Cell } from "./cells.ts";
import type { Contestant } from "./contestants.ts";
import { median } from "./report/statistics.ts";
import type { Result, Scenario } from "./load/scenario.ts";
import { pinned, runToEnd, ServerProcess } from "./server_process.ts";

/** All results of one contestant in one cell, a round each; undefined where the run failed. */
export interface Entry {
  readonly contestant: Contestant;
  readonly results: (Result | undefined)[];
}

export interface CellResults {
  readonly cell: Cell;
  readonly entries: Entry[];
}

export interface Plan {
  readonly cells: readonly Cell[];
  readonly contestants: readonly Contestant[];
  readonly rounds: number;
  readonly measureMs: number;
  /** For the server and for the generator; undefined where processes cannot be pinned. */
  readonly cores: readonly [number, number] | undefined;
  onResult(cell: Cell, contestant: Contestant, round: number, result: Result | Error): void;
}

/** What opening connections and draining may take besides the measuring itself. */
const GENERATOR_SLACK_MS = 120_000;

/**
 * Runs every contestant in every cell, once a round, so that what disturbs a shared machine for a
 * while disturbs all of them. Each round starts with another contestant. A failed run is reported
 * and left out. Every run has a server process and a store of its own.
 */
export async function runRounds(plan: Plan): Promise<CellResults[]> {
  const all: CellResults[] = plan.cells.map((cell) => ({
    cell,
    entries: plan.contestants.filter((contestant) => cell.takesPart(contestant))
      .map((contestant) => ({ contestant, results: [] })),
  }));
  for (let round = 0; round < plan.rounds; round++) {
    for (const { cell, entries } of all) {
      if (round >= (cell.rounds ?? plan.rounds)) continue;
      const rotation = entries.length === 0 ? 0 : round % entries.length;
      for (const entry of [...entries.slice(rotation), ...entries.slice(0, rotation)]) {
        const { contestant, results } = entry;
        let result: Result | Error | undefined;
        try {
          result = await runOnce(plan, cell, contestant, all);
        } catch (error) {
          result = error instanceof Error ? error : new Error(String(error));
        }
        results.push(result instanceof Error ? undefined : result);
        if (result !== undefined) plan.onResult(cell, contestant, round, result);
      }
    }
  }
  return all;
}

/** Undefined when the cell needs the figure of another one that is not there. */
async function runOnce(
  plan: Plan,
  cell: Cell,
  contestant: Contestant,
  all: readonly CellResults[],
): Promise<Result | undefined> {
  const top = cell.halfOf === undefined ? 0 : topRate(all, cell.halfOf, contestant);
  if (Number.isNaN(top)) return undefined;
  const scratch = await Deno.makeTempDir({ prefix: "hubbub-bench-" });
  try {
    const server = await ServerProcess.start(
      pinned(contestant.launch(scratch), plan.cores?.[0]),
    );
    try {
      const scenario: Scenario = {
        nodes: [{ port: server.port, pid: server.pid }],
        codec: contestant.codec,
        work: cell.work(plan.measureMs, top / 2),
      };
      return await generate(plan, scenario);
    } finally {
      await server.stop();
    }
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

function topRate(all: readonly CellResults[], of: string, contestant: Contestant): number {
  const entry = all.find(({ cell }) => cell.name === of)?.entries
    .find((entry) => entry.contestant.id === contestant.id);
  return median(
    (entry?.results ?? []).flatMap((result) =>
      result?.kind === "fan-out" ? [result.messagesPerSecond] : []
    ),
  );
}

/** Runs the load generator to its end. */
export async function generate(
  plan: Pick<Plan, "measureMs" | "cores">,
  scenario: Scenario,
): Promise<Result> {
  const args = ["run", "-A", `${import.meta.dirname}/load/main.ts`, JSON.stringify(scenario)];
  const launch = { program: Deno.execPath(), args, cwd: Deno.cwd() };
  const stdout = await runToEnd(
    pinned(launch, plan.cores?.[1]),
    plan.measureMs + GENERATOR_SLACK_MS,
  );
  return JSON.parse(stdout) as Result;
}
