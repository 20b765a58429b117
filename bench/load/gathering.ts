import { delay } from "@std/async/delay";
import { openClients } from "./client.ts";
import { Complaints } from "./complaints.ts";
import { cpuSecondsOf, residentBytesOf } from "./process_stat.ts";
import type { Gathering, GatheringResult, JoinCost, Scenario } from "./scenario.ts";

/** What a mark looks at: this many joins before it. A server's CPU time has steps of 10 ms. */
const JOINS_PER_MARK = 500;
/** Connections after which memory is first read: what a server allocates once is no one's. */
const FIRST_CONNECTIONS = 20;
const SECOND_MS = 1000;

/** Lets people come, one after the other, into one room in which nobody speaks. */
export async function runGathering(scenario: Scenario, work: Gathering): Promise<GatheringResult> {
  const { connections, concurrency, marks, settleMs } = work;
  const lobby = ["lobby"];
  const first = await openClients(scenario, Array(FIRST_CONNECTIONS).fill(lobby), concurrency);
  await delay(SECOND_MS);
  const emptyBytes = residentBytesOf(scenario.nodes);

  const framesThisSecond = new Uint32Array(connections);
  let framesPerSecondMax = 0;
  const second = setInterval(() => {
    framesPerSecondMax = Math.max(framesPerSecondMax, framesThisSecond.reduce(maximum, 0));
    framesThisSecond.fill(0);
  }, SECOND_MS);

  const endings = new Complaints("connections ended by the server");
  let opened = 0;
  const openMs: number[] = [];
  const joins: JoinCost[] = [];
  let cpuBefore = NaN;
  const startMs = performance.now();
  const clients = await openClients(
    scenario,
    Array(connections).fill(lobby),
    concurrency,
    (client, index, ms) => {
      client.listener = {
        onText: () => void framesThisSecond[index]!++,
        onRead() {},
        onEnd: (reason) => endings.add(reason),
      };
      openMs.push(ms);
      opened++;
      if (marks.includes(opened + JOINS_PER_MARK)) cpuBefore = cpuSecondsOf(scenario.nodes);
      if (!marks.includes(opened)) return;
      const cpu = cpuSecondsOf(scenario.nodes) - cpuBefore;
      joins.push({
        connections: opened,
        meanMs: openMs.slice(-JOINS_PER_MARK).reduce((sum, ms) => sum + ms, 0) / JOINS_PER_MARK,
        serverCpuMs: cpu * 1000 / JOINS_PER_MARK,
      });
    },
  );
  const seconds = (performance.now() - startMs) / 1000;
  await delay(settleMs);
  clearInterval(second);
  const fullBytes = residentBytesOf(scenario.nodes);
  endings.tell();
  for (const client of [...first, ...clients]) client.connection.end();
  return {
    kind: "gathering",
    seconds,
    dropped: endings.total,
    joins,
    framesPerSecondMax,
    kilobytesPerConnection: (fullBytes - emptyBytes) / connections / 1000,
  };
}

function maximum(first: number, second: number): number {
  return Math.max(first, second);
}
