import { delay } from "@std/async/delay";
import { type Client, openClients } from "./client.ts";
import { CODECS } from "./codecs.ts";
import { napMs, Naps, promptListeners } from "./naps.ts";
import { pacer } from "./pace.ts";
import { audiences, populate } from "./population.ts";
import { cpuSeconds, residentBytes } from "./process_stat.ts";
import { type FanOut, type FanOutResult, type Scenario, WARM_UP_FACTOR_MAX } from "./scenario.ts";
import { Speaker } from "./speaker.ts";
import { blankContent } from "./stamp.ts";
import { quantile, Tally } from "./tally.ts";

const OPEN_CONCURRENCY = 32;
/** After the last message was sent: give up when nothing has come for this long … */
const SILENCE_MS = 1500;
/** … or after this long in any case. */
const DRAIN_MAX_MS = 10_000;

/** Opens the connections, loads them, measures a window of it and waits for what is on the way. */
export async function runFanOut(scenario: Scenario, work: FanOut): Promise<FanOutResult> {
  const people = populate(work);
  const clients = await openClients(scenario, people.map(({ rooms }) => rooms), OPEN_CONCURRENCY);
  const content = blankContent(work.sizeBytes, work.alphabet);
  const tally = new Tally(work.sizeBytes, work.sampleEvery);
  const naps = new Naps(napMs(work.connections));

  const speakers = new Map<Client, Speaker>();
  people.forEach(({ speaksIn }, n) => {
    const client = clients[n];
    if (speaksIn === undefined || client === undefined) return;
    const codec = CODECS[scenario.codec];
    speakers.set(client, new Speaker(n, client.connection, codec, speaksIn, content));
  });
  const pace = pacer(work.pace, [...speakers.values()]);
  let dropped = 0;
  let prompt = 0;
  for (const client of clients) {
    const speaker = speakers.get(client);
    const isPrompt = speaker !== undefined || prompt++ < promptListeners(work.connections);
    if (!isPrompt) client.connection.naps = naps;
    let own = 0;
    client.listener = {
      onText(bytes, start, end) {
        own += tally.add(bytes, start, end, isPrompt, speaker?.number ?? -1);
      },
      onRead() {
        if (own === 0 || speaker === undefined) return;
        const count = own;
        own = 0;
        pace.heard(speaker, count);
      },
      onEnd() {
        dropped++;
      },
    };
  }
  const sent = () => speakers.values().reduce((sum, speaker) => sum + speaker.sent, 0);
  const snapshot = () => ({
    ...tally.sums,
    atMs: performance.now(),
    sent: sent(),
    serverSeconds: cpuSeconds(scenario.pid),
    generatorSeconds: cpuSeconds("self"),
  });

  pace.start();
  await warmUp(scenario.pid, work);
  tally.takeLatenciesMs();
  const before = snapshot();
  await delay(work.measureMs);
  const after = snapshot();
  const latenciesMs = tally.takeLatenciesMs();
  const resident = residentBytes(scenario.pid);
  pace.stop();

  for (const client of clients) client.connection.naps = undefined;
  naps.stop();
  const sizes = audiences(people);
  let due = 0;
  people.forEach(({ speaksIn }, n) => {
    const speaker = speakers.get(clients[n]!);
    if (speaker && speaksIn) due += speaker.sent * (sizes.get(speaksIn) ?? 0);
  });
  await drain(tally, due);
  const came = tally.sums.deliveries;
  for (const client of clients) client.connection.end();

  if (latenciesMs.length === 0) {
    throw new Error(
      `too little came while measuring; ${sent()} messages were sent, ${dropped} dropped`,
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
    dropped,
    messagesPerFrame: deliveries / (after.frames - before.frames),
    bytesPerDelivery: (after.bytes - before.bytes) / deliveries,
    latencyMs: {
      p50: quantile(latenciesMs, 0.5),
      p99: quantile(latenciesMs, 0.99),
      max: latenciesMs.at(-1) ?? NaN,
    },
    serverCpuSecondsPerMillion: serverSeconds / deliveries * 1e6,
    serverBusy: serverSeconds / seconds,
    generatorBusy: (after.generatorSeconds - before.generatorSeconds) / seconds,
    residentMiB: resident / 2 ** 20,
  };
}

async function warmUp(pid: number, { warmUpMs, warmUpCpuSeconds }: FanOut): Promise<void> {
  const enough = cpuSeconds(pid) + warmUpCpuSeconds;
  await delay(warmUpMs);
  for (let n = 4; n < WARM_UP_FACTOR_MAX * 4 && cpuSeconds(pid) < enough; n++) {
    await delay(warmUpMs / 4);
  }
}

async function drain(tally: Tally, due: number): Promise<void> {
  const startMs = performance.now();
  let count = -1;
  let changedMs = startMs;
  while (tally.sums.deliveries < due) {
    const nowMs = performance.now();
    if (tally.sums.deliveries !== count) {
      count = tally.sums.deliveries;
      changedMs = nowMs;
    }
    if (nowMs - changedMs > SILENCE_MS || nowMs - startMs > DRAIN_MAX_MS) return;
    await delay(20);
  }
}
