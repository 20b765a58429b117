import { delay } from "@std/async/delay";
import { Crowd } from "./crowd.ts";
import { cpuSeconds, cpuSecondsOf, residentBytesOf } from "./process_stat.ts";
import {
  type FanOut,
  type FanOutResult,
  type Latency,
  type Scenario,
  WARM_UP_FACTOR_MAX,
} from "./scenario.ts";
import { quantile } from "./tally.ts";

const SETTLE_MS = 1_000;
/** On a busy machine that is too short: a server that still works is letting people in. */
const SETTLE_MAX_MS = 10_000;
const QUIET_CPU_SECONDS = 0.02;
/** After the last message was sent: give up when nothing has come for this long … */
const SILENCE_MS = 3_000;
/** … or after this long in any case. */
const DRAIN_MAX_MS = 10_000;

/** Opens the connections, loads them, measures a window of it and waits for what is on the way. */
export async function runFanOut(scenario: Scenario, work: FanOut): Promise<FanOutResult> {
  const { nodes } = scenario;
  const crowd = await Crowd.gather(scenario, work);
  // A text client is not told when it is in its room; what is said before must not count as lost.
  await settle(nodes);
  crowd.pacer.start();
  await warmUp(nodes, work);
  crowd.takeLatenciesMs();
  const before = snapshot(crowd, nodes);
  await delay(work.measureMs);
  const after = snapshot(crowd, nodes);
  const latenciesMs = crowd.takeLatenciesMs();
  const resident = residentBytesOf(nodes);
  crowd.pacer.stop();
  crowd.wake();
  await drain(crowd);
  const { due, sent, endings } = crowd;
  const came = crowd.sums.deliveries;
  endings.tell();
  crowd.refusals.tell();
  crowd.leave();
  if (latenciesMs.every((each) => each.length === 0)) {
    throw new Error(
      `too little came while measuring: ${came} of ${due} deliveries of ${sent} messages in all`,
    );
  }

  const seconds = (after.atMs - before.atMs) / 1000;
  const deliveries = after.deliveries - before.deliveries;
  const serverSeconds = after.serverSeconds - before.serverSeconds;
  return {
    kind: "fan-out",
    messagesPerSecond: (after.sent - before.sent) / seconds,
    deliveriesPerSecond: deliveries / seconds,
    share: came / due,
    dropped: endings.total,
    messagesPerFrame: deliveries / (after.frames - before.frames),
    bytesPerDelivery: (after.bytes - before.bytes) / deliveries,
    latencyMs: latency(nodes.length > 1 ? latenciesMs.slice(0, 1) : latenciesMs),
    ...(nodes.length > 1 ? { elsewhereMs: latency(latenciesMs.slice(1)) } : undefined),
    serverCpuSecondsPerMillion: serverSeconds / deliveries * 1e6,
    serverBusy: serverSeconds / seconds,
    generatorBusy: (after.generatorSeconds - before.generatorSeconds) / seconds,
    residentMiB: resident / 2 ** 20,
  };
}

function latency(byNode: readonly Float64Array[]): Latency {
  const ascending = Float64Array.from(byNode.flatMap((each) => [...each])).sort();
  return {
    p50: quantile(ascending, 0.5),
    p99: quantile(ascending, 0.99),
    max: quantile(ascending, 1),
  };
}

function snapshot(crowd: Crowd, nodes: Scenario["nodes"]) {
  return {
    ...crowd.sums,
    sent: crowd.sent,
    atMs: performance.now(),
    serverSeconds: cpuSecondsOf(nodes),
    generatorSeconds: cpuSeconds("self"),
  };
}

async function settle(nodes: Scenario["nodes"]): Promise<void> {
  const startMs = performance.now();
  for (;;) {
    const before = cpuSecondsOf(nodes);
    await delay(SETTLE_MS);
    const isQuiet = cpuSecondsOf(nodes) - before <= QUIET_CPU_SECONDS;
    if (isQuiet || performance.now() - startMs >= SETTLE_MAX_MS) return;
  }
}

async function warmUp(
  nodes: Scenario["nodes"],
  { warmUpMs, warmUpCpuSeconds }: FanOut,
): Promise<void> {
  const startMs = performance.now();
  const enough = cpuSecondsOf(nodes) + warmUpCpuSeconds;
  await delay(warmUpMs);
  while (
    cpuSecondsOf(nodes) < enough && performance.now() - startMs < warmUpMs * WARM_UP_FACTOR_MAX
  ) await delay(100);
}

async function drain(crowd: Crowd): Promise<void> {
  const startMs = performance.now();
  let came = -1;
  let changedMs = startMs;
  while (crowd.sums.deliveries < crowd.due) {
    const nowMs = performance.now();
    if (crowd.sums.deliveries !== came) {
      came = crowd.sums.deliveries;
      changedMs = nowMs;
    }
    if (nowMs - changedMs > SILENCE_MS || nowMs - startMs > DRAIN_MAX_MS) return;
    await delay(20);
  }
}
