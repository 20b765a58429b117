import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { ServerProcess } from "../server_process.ts";

export const CHROMIUM = "/usr/bin/chromium";
export const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const ROOT = new URL("../../", import.meta.url).pathname;
const PATIENCE_MS = 120_000;

/** A server of its own, with its limits for strangers lifted: one address plays all of them. */
export function startServer(): Promise<ServerProcess> {
  return ServerProcess.start({
    program: Deno.execPath(),
    args: [
      "run",
      "-A",
      "--no-check",
      "main.ts",
      "--port",
      "0",
      "--store",
      "memory:",
      "--rate",
      "0",
    ],
    cwd: ROOT,
  });
}

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
}

/** A page of somebody who has come in. */
export interface Visit extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
}

/** A browser with nothing in its cache, at 1280×800; undefined `name`: nobody has come in. */
export async function visit(browser: Browser, port: number, name?: string): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  context.setDefaultTimeout(PATIENCE_MS);
  const address = `http://127.0.0.1:${port}`;
  if (name !== undefined) {
    const answer = await context.request.post(`${address}/api/guests`, {
      data: { name, cookie: true },
    });
    if (!answer.ok()) throw new Error(`expected a guest, got ${await answer.text()}`);
    await context.addInitScript(
      (name) => localStorage.setItem("hubbub:user", JSON.stringify(name)),
      name,
    );
  }
  const page = await context.newPage();
  if (name !== undefined) {
    await page.goto(address);
    await page.locator(".log[aria-busy=false]").waitFor();
  }
  return { page, context, [Symbol.asyncDispose]: () => context.close() };
}

/** Shows a room and waits for it. */
export async function open(page: Page, room: string): Promise<void> {
  await page.evaluate((room) => location.hash = `#${room}`, room);
  await page.locator(".title-button", { hasText: room }).waitFor();
  await page.locator(".log[aria-busy=false]").waitFor();
}
