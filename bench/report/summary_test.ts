import { assertEquals } from "@std/assert";
import type { Cell } from "../cells.ts";
import type { Contestant } from "../contestants.ts";
import type { FanOutResult, Result } from "../load/scenario.ts";
import { summarize } from "./summary.ts";

function contestant(id: string, kind: Contestant["kind"]): Contestant {
  return {
    id,
    label: id,
    kind,
    codec: "text",
    launch: () => ({ program: id, args: [], cwd: "/" }),
  };
}

function result(rate: number, cpu: number, p50 = 1): FanOutResult {
  return {
    kind: "fan-out",
    messagesPerSecond: 1,
    deliveriesPerSecond: rate,
    share: 1,
    dropped: 0,
    messagesPerFrame: 1,
    bytesPerDelivery: 64,
    latencyMs: { p50, p99: p50, max: p50 },
    serverCpuSecondsPerMillion: cpu,
    serverBusy: 1,
    generatorBusy: 1,
    residentMiB: 1,
  };
}

function rows(measure: Cell["measure"], entries: [Contestant, (Result | undefined)[]][]) {
  const cell = { name: "cell", title: "", measure } as unknown as Cell;
  const summary = summarize({
    cell,
    entries: entries.map(([contestant, results]) => ({ contestant, results })),
  });
  return Object.fromEntries(summary.rows.map((row) => [row.id, row]));
}

Deno.test("a ratio is the median over the rounds, to the best peer by the median", () => {
  const { ours, slow, fast } = rows("throughput", [
    [contestant("slow", "peer"), [result(900, 4), result(100, 4), result(100, 4)]],
    [contestant("fast", "peer"), [result(200, 2), result(400, 2), result(200, 2)]],
    [contestant("ours", "hubbub"), [result(300, 1), result(200, 1), result(200, 1)]],
  ]);
  assertEquals([ours?.ratio, fast?.ratio, slow?.ratio], [1, 1, 0.5]);
  assertEquals([ours?.ratioByCpu, slow?.ratioByCpu], [2, 0.5]);
});

Deno.test("Hubbub is never its own reference, and a failed round counts for nobody", () => {
  const { ours, theirs } = rows("throughput", [
    [contestant("theirs", "peer"), [result(100, 1), undefined, result(100, 1)]],
    [contestant("ours", "hubbub"), [result(300, 1), result(900, 1), result(300, 1)]],
  ]);
  assertEquals(ours?.ratio, 3);
  assertEquals(theirs?.failed, 1);
  assertEquals(theirs?.headline, [100, null, 100]);
});

Deno.test("latency is compared with plain Deno, less being better", () => {
  const { ours } = rows("latency", [
    [contestant("deno", "peer"), [result(1, 1, 2)]],
    [contestant("bun", "peer"), [result(1, 1, 1)]],
    [contestant("ours", "hubbub"), [result(1, 1, 4)]],
  ]);
  assertEquals(ours?.ratio, 0.5);
});
