import { delay } from "@std/async/delay";
import { Crowd } from "./crowd.ts";
import { cpuSeconds, residentBytes } from "./process_stat.ts";
import { type FanOut, type FanOutResult, type Scenario, WARM_UP_FACTOR_MAX } from "./scenario.ts";
import { quantile } from "./tally.ts";

const SETTLE_MS = 1_000;
/** After the last message was sent: give up when nothing has come for this long … */
const SILENCE_MS = 3_000;
/** … or after this long in any case. */
const DRAIN_MAX_MS = 10_000;

/** Opens the connections, loads them, measures a window of it and waits for what is on the way. */
export async function runFanOut(scenario: Scenario, work: FanOut): Promise<FanOutResult> {
  const { pid } = scenario;
  const crowd = await Crowd.gather(scenario, work);
  // A text client is not told when it is in its room; what is said before must not count as lost.
  await delay(SETTLE_MS);
  crowd.pacer.start();
  await warmUp(pid, work);
  crowd.tally.takeLatenciesMs();
  const before = snapshot(crowd, pid);
  await delay(work.measureMs);
  const after = snapshot(crowd, pid);
  const latenciesMs = crowd.tally.takeLatenciesMs();
  const resident = residentBytes(pid);
  crowd.pacer.stop();
  crowd.wake();
  await drain(crowd);
  const { due, sent, endings, tally } = crowd;
  const came = tally.sums.deliveries;
  endings.tell();
  crowd.refusals.tell();
  crowd.leave();
  if (latenciesMs.length === 0) {
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
    latencyMs: {
      p50: quantile(latenciesMs, 0.5),
      p99: quantile(latenciesMs, 0.99),
      max: quantile(latenciesMs, 1),
    },
    serverCpuSecondsPerMillion: serverSeconds / deliveries * 1e6,
    serverBusy: serverSeconds / seconds,
    generatorBusy: (after.generatorSeconds - before.generatorSeconds) / seconds,
    residentMiB: resident / 2 ** 20,
  };
}

function snapshot({ tally, sent }: Crowd, pid: number) {
  return {
    ...tally.sums,
    sent,
    atMs: performance.now(),
    serverSeconds: cpuSeconds(pid),
    generatorSeconds: cpuSeconds("self"),
  };
}

async function warmUp(pid: number, { warmUpMs, warmUpCpuSeconds }: FanOut): Promise<void> {
  const startMs = performance.now();
  const enough = cpuSeconds(pid) + warmUpCpuSeconds;
  await delay(warmUpMs);
  while (
    cpuSeconds(pid) < enough && performance.now() - startMs < warmUpMs * WARM_UP_FACTOR_MAX
  ) await delay(100);
}

async function drain(crowd: Crowd): Promise<void> {
  const startMs = performance.now();
  let came = -1;
  let changedMs = startMs;
  while (crowd.tally.sums.deliveries < crowd.due) {
    const nowMs = performance.now();
    if (crowd.tally.sums.deliveries !== came) {
      came = crowd.tally.sums.deliveries;
      changedMs = nowMs;
    }
    if (nowMs - changedMs > SILENCE_MS || nowMs - startMs > DRAIN_MAX_MS) return;
    await delay(20);
  }
}
