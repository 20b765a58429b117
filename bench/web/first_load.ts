import type { Browser, CDPSession } from "playwright-core";
import { visit } from "./visit.ts";

/** What coming to the page for the first time costs. */
export interface FirstLoad {
  readonly requests: number;
  /** With headers. */
  readonly gzipBytes: number;
  readonly brotliBytes: number;
  /** With a phone's processor and line: see SLOW. */
  readonly lcpMs: number;
  readonly tbtMs: number;
  readonly cls: number;
}

/** As Lighthouse imagines a phone: a quarter of this processor, "slow 4G". */
export const SLOW = { cpu: 4, latencyMs: 150, bytesPerSecond: 1_600_000 / 8 };
/** The part of a task beyond this blocks, once something is seen (web.dev, "Total Blocking Time"). */
const LONG_TASK_MS = 50;

export async function firstLoad(browser: Browser, port: number): Promise<FirstLoad> {
  // The server compresses when first asked for.
  for (const encoding of ["gzip", "br"]) await transfer(browser, port, encoding);
  const gzip = await transfer(browser, port, "gzip");
  const brotli = await transfer(browser, port, "br");
  return {
    requests: gzip.requests,
    gzipBytes: gzip.bytes,
    brotliBytes: brotli.bytes,
    ...await onPhone(browser, port),
  };
}

async function transfer(browser: Browser, port: number, encoding: string) {
  await using fresh = await visit(browser, port);
  const client = await cold(await fresh.context.newCDPSession(fresh.page));
  let requests = 0;
  let bytes = 0;
  client.on("Network.requestWillBeSent", ({ request }) => {
    if (!request.url.startsWith("data:")) requests++;
  });
  client.on("Network.loadingFinished", ({ encodedDataLength }) => bytes += encodedDataLength);
  await client.send("Network.setExtraHTTPHeaders", { headers: { "accept-encoding": encoding } });
  await fresh.page.goto(`http://127.0.0.1:${port}/`, { waitUntil: "networkidle" });
  await fresh.page.locator("input[name=name]").waitFor();
  return { requests, bytes };
}

async function onPhone(browser: Browser, port: number) {
  await using phone = await visit(browser, port);
  const { page } = phone;
  await page.setViewportSize({ width: 412, height: 823 });
  const client = await cold(await phone.context.newCDPSession(page));
  await client.send("Emulation.setCPUThrottlingRate", { rate: SLOW.cpu });
  await client.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: SLOW.latencyMs,
    downloadThroughput: SLOW.bytesPerSecond,
    uploadThroughput: SLOW.bytesPerSecond,
  });
  await page.addInitScript((longTaskMs) => {
    const seen = { lcpMs: 0, tbtMs: 0, cls: 0 };
    Object.assign(globalThis, { seen });
    const watch = (type: string, take: (entry: PerformanceEntry) => void) =>
      new PerformanceObserver((list) => list.getEntries().forEach(take))
        .observe({ type, buffered: true });
    watch("largest-contentful-paint", ({ startTime }) => seen.lcpMs = startTime);
    watch("longtask", ({ startTime, duration }) => {
      // Reported when it has ended, so that a paint before it is known.
      const [seenAt] = performance.getEntriesByName("first-contentful-paint");
      if (seenAt && startTime >= seenAt.startTime) seen.tbtMs += Math.max(0, duration - longTaskMs);
    });
    watch("layout-shift", (shift) => seen.cls += (shift as unknown as { value: number }).value);
  }, LONG_TASK_MS);
  await page.goto(`http://127.0.0.1:${port}/`, { waitUntil: "networkidle" });
  await page.locator("input[name=name]").waitFor();
  return await page.evaluate(() =>
    (globalThis as unknown as { seen: Pick<FirstLoad, "lcpMs" | "tbtMs" | "cls"> }).seen
  );
}

async function cold(client: CDPSession): Promise<CDPSession> {
  await client.send("Network.enable");
  await client.send("Network.setCacheDisabled", { cacheDisabled: true });
  return client;
}
