/** `deno task bench`: measures Hubbub beside its peers. README.md says what, how and with which flags. */
import { type Cell, CELLS } from "./cells.ts";
import { DEFAULT_VARIANTS, findPeers, FLOOD, hubbub, PEER_IDS, VARIANTS } from "./contestants.ts";
import { chosen, type Flags, outPath, positive, runBench } from "./flags.ts";
import { canPin, describeMachine } from "./report/machine.ts";
import { picture } from "./report/picture.ts";
import { summarize } from "./report/summary.ts";
import { markdown, type Report } from "./report/table.ts";
import { runRounds } from "./rounds.ts";
import { cacheFolder } from "./versions.ts";

const HELP = `deno task bench [options]

  --cells A,B      of ${CELLS.map(({ name }) => name).join(", ")}; default all
  --peers A,B      of ${PEER_IDS.join(", ")}, or none; default all that are installed
  --variants A,B   of Hubbub, codec-store-transport: ${VARIANTS.slice(0, 3).join(", ")}, …;
                   "counted": with limits that are never met, for what they cost;
                   default ${DEFAULT_VARIANTS.join(",\n                   ")}
  --rounds N       default 3
  --seconds N      of measuring in each run, default 2
  --cores A,B      for the server and for the generator, default 0,1
  --out PATH       of the results without suffix, default bench/results/DATE; "none" writes nothing`;

const OPTIONS = ["cells", "peers", "variants", "rounds", "seconds", "cores", "out"] as const;

function chosenCells(value: unknown): Cell[] {
  const cells = chosen(value, CELLS, ({ name }) => name);
  for (const { name, halfOf } of cells) {
    if (halfOf !== undefined && !cells.some(({ name }) => name === halfOf)) {
      throw new Error(`expected ${halfOf} beside ${name}, which takes half of its rate`);
    }
  }
  return cells;
}

async function main(flags: Flags<typeof OPTIONS[number]>, loadBefore: number): Promise<void> {
  const peers = await findPeers(cacheFolder());
  const wantedPeers = chosen(flags.peers, PEER_IDS, (id) => id);
  const variants = flags.variants === undefined
    ? DEFAULT_VARIANTS
    : chosen(flags.variants, VARIANTS, (id) => id);
  const rounds = Math.ceil(positive(flags.rounds, 3));
  const measureSeconds = positive(flags.seconds, 2);
  const [serverCore, generatorCore] = String(flags.cores ?? "0,1").split(",").map(Number);
  const pinned = await canPin();

  const results = await runRounds({
    cells: chosenCells(flags.cells),
    contestants: [
      ...peers.present.filter(({ id }) => wantedPeers.some((wanted) => wanted === id)),
      ...variants.map(hubbub),
      FLOOD,
    ],
    rounds,
    measureMs: measureSeconds * 1000,
    cores: pinned ? [serverCore ?? 0, generatorCore ?? 1] : undefined,
    onResult(cell, { label }, round, result) {
      const said = result instanceof Error
        ? `failed: ${result.message}`
        : result.kind === "fan-out"
        ? `${(result.deliveriesPerSecond / 1e6).toFixed(3)} M/s, p99 ${
          result.latencyMs.p99.toFixed(2)
        } ms, server ${(result.serverBusy * 100).toFixed(0)} %`
        : `${result.kilobytesPerConnection.toFixed(1)} KB each, ${result.seconds.toFixed(1)} s`;
      console.error(`round ${round + 1}, ${cell.name}, ${label}: ${said}`);
    },
  });

  const report: Report = {
    date: new Date().toISOString().slice(0, 10),
    machine: await describeMachine(loadBefore),
    pinned,
    rounds,
    measureSeconds,
    leftOut: peers.leftOut,
    cells: results.map(summarize).filter(({ rows }) => rows.length > 0),
  };
  console.log(markdown(report));
  const out = await outPath(flags.out, `${import.meta.dirname}/results/${report.date}`);
  if (out === undefined) return;
  await Deno.writeTextFile(`${out}.md`, markdown(report));
  await Deno.writeTextFile(`${out}.json`, JSON.stringify(report, undefined, 1) + "\n");
  await Deno.writeTextFile(`${out}.svg`, picture(report));
}

if (import.meta.main) await runBench({ help: HELP, options: OPTIONS }, main);
