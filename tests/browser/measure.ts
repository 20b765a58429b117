import { closeBrowser, DESKTOP, type Person, Stage } from "./people.ts";
import { type Sender, sender } from "./sender.ts";

/**
 * Figures of the page in a real browser: frames while messages come, memory and nodes after a flood,
 * switching rooms. Prints them; promises nothing (look_test.ts and log_test.ts do).
 *
 * `deno run -A tests/browser/measure.ts [seconds]`
 */

const SECONDS = Number(Deno.args[0] ?? 60);
const RATE = 100;
const FLOOD = 100_000;
const LATE_MS = 25;

/** Sends `rate` messages a second for so long, evenly. */
async function stream(from: Sender, rate: number, seconds: number): Promise<void> {
  const start = performance.now();
  for (let sent = 0; sent < rate * seconds;) {
    const due = Math.min(rate * seconds, Math.floor((performance.now() - start) / 1000 * rate));
    while (sent < due) from.say(`message ${sent++} ${"word ".repeat(sent % 20)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await from.settled();
}

interface Work {
  readonly script: number;
  readonly layout: number;
  readonly task: number;
}

/** Reads how many milliseconds of processor time the page's main thread has used, by purpose. */
async function workMeter({ page, context }: Person): Promise<() => Promise<Work>> {
  const client = await context.newCDPSession(page);
  await client.send("Performance.enable", { timeDomain: "threadTicks" });
  return async () => {
    const { metrics } = await client.send("Performance.getMetrics");
    const ms = (wanted: string) =>
      1000 * (metrics.find(({ name }) => name === wanted)?.value ?? NaN);
    return {
      script: ms("ScriptDuration"),
      layout: ms("LayoutDuration") + ms("RecalcStyleDuration"),
      task: ms("TaskDuration"),
    };
  };
}

async function frames(person: Person, during: () => Promise<void>): Promise<string> {
  await person.page.evaluate(() => {
    const deltas: number[] = [];
    let last = performance.now();
    const step = (now: number) => {
      deltas.push(now - last);
      last = now;
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
    Object.assign(globalThis, { deltas });
  });
  const work = await workMeter(person);
  const before = await work();
  await during();
  const after = await work();
  const deltas = await person.page.evaluate(() =>
    (globalThis as unknown as { deltas: number[] }).deltas
  );
  const late = deltas.filter((delta) => delta > LATE_MS).length;
  const share = (100 * late / deltas.length).toFixed(2);
  return `${late} of ${deltas.length} frames later than ${LATE_MS} ms (${share} %), ` +
    `worst ${Math.max(...deltas).toFixed(1)} ms; a frame cost ` +
    `${((after.script - before.script) / deltas.length).toFixed(2)} ms script, ` +
    `${((after.layout - before.layout) / deltas.length).toFixed(2)} ms style and layout, ` +
    `${((after.task - before.task) / deltas.length).toFixed(2)} ms in all`;
}

async function weigh({ page, context }: Person): Promise<string> {
  const client = await context.newCDPSession(page);
  await client.send("HeapProfiler.collectGarbage");
  const { usedSize } = await client.send("Runtime.getHeapUsage");
  const nodes = await page.evaluate(() => document.querySelectorAll("*").length);
  return `${(usedSize / 1e6).toFixed(1)} MB heap, ${nodes} elements`;
}

await using stage = await Stage.open(["--store", "memory:", "--rate", "0"]);
const ada = await stage.enter("Ada", { size: DESKTOP });
await using bob = await sender(stage.server, "bob", "lobby");

const first = await frames(ada, () => stream(bob, RATE, SECONDS));
console.log(`${RATE} messages/s for ${SECONDS} s: ${first}`);
await stream(bob, 10_000, 1);
const second = await frames(ada, () => stream(bob, RATE, SECONDS));
console.log(`the same after 10,000 more:  ${second}`);
console.log(`then: ${await weigh(ada)}`);
for (let sent = 0; sent < FLOOD; sent += 5_000) await stream(bob, 5_000, 1);
await ada.page.waitForTimeout(500);
console.log(`after ${FLOOD} more: ${await weigh(ada)}`);

await ada.page.evaluate(() => location.hash = "#den");
await ada.page.locator(".title-button", { hasText: "den" }).waitFor();
const switchMs = await ada.page.evaluate(async () => {
  const times: number[] = [];
  for (
    const [hash, title] of [["#lobby", "lobby"], ["#den", "den"], ["#lobby", "lobby"]] as const
  ) {
    const start = performance.now();
    location.hash = hash;
    while (document.querySelector(".title-button")?.textContent !== title) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    times.push(performance.now() - start);
  }
  return times;
});
console.log(`room switch: ${switchMs.map((ms) => ms.toFixed(0)).join(", ")} ms`);
await closeBrowser();
