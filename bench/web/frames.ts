import type { Visit } from "./visit.ts";

/** How evenly the page was drawn, and what a frame cost its main thread. */
export interface Frames {
  readonly count: number;
  readonly late: number;
  readonly worstMs: number;
  /** Processor time per frame. */
  readonly scriptMs: number;
  readonly layoutMs: number;
  readonly taskMs: number;
}

/** A frame this late is seen. */
export const LATE_MS = 25;

export async function framesWhile(visit: Visit, work: () => Promise<void>): Promise<Frames> {
  const { page } = visit;
  await page.evaluate(() => {
    const gaps: number[] = [];
    let last = performance.now();
    const step = (now: number) => {
      gaps.push(now - last);
      last = now;
      if ((globalThis as unknown as { gaps?: number[] }).gaps === gaps) requestAnimationFrame(step);
    };
    Object.assign(globalThis, { gaps });
    requestAnimationFrame(step);
  });
  const readWork = await workMeter(visit);
  const before = await readWork();
  await work();
  const after = await readWork();
  const gaps = await page.evaluate(() => {
    const { gaps } = globalThis as unknown as { gaps: number[] };
    Object.assign(globalThis, { gaps: undefined });
    return gaps;
  });
  return {
    count: gaps.length,
    late: gaps.filter((gap) => gap > LATE_MS).length,
    worstMs: Math.max(...gaps),
    scriptMs: (after.script - before.script) / gaps.length,
    layoutMs: (after.layout - before.layout) / gaps.length,
    taskMs: (after.task - before.task) / gaps.length,
  };
}

/** Reads how many milliseconds of processor time the page's main thread has used, by purpose. */
export async function workMeter({ page, context }: Visit) {
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

/** What the page holds, after a garbage collection. */
export async function weight({ page, context }: Visit) {
  const client = await context.newCDPSession(page);
  await client.send("HeapProfiler.collectGarbage");
  const { usedSize } = await client.send("Runtime.getHeapUsage");
  const elements = await page.evaluate(() => document.querySelectorAll("*").length);
  return { heapMB: usedSize / 1e6, elements };
}
