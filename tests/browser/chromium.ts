import { type Browser, chromium } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * How long is waited for what must come about: long enough for a machine that does much else, with
 * half a dozen processes of a browser to share it. What has to happen within a time says so itself.
 */
export const PATIENCE_MS = 180_000;

/** One Chromium for all tests of a file: its contexts share nothing, and it takes long to start. */
let chromiumRunning: Promise<Browser> | undefined;

/** The one of this file, started when it is first asked for, or was lost. */
export async function runningChromium(): Promise<Browser> {
  if (!(await chromiumRunning)?.isConnected()) chromiumRunning = launch();
  return await chromiumRunning!;
}

function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: FLAGS,
    timeout: PATIENCE_MS,
    // Signals are for the test runner; a browser whose driver is gone ends by itself.
    handleSIGHUP: false,
    handleSIGINT: false,
    handleSIGTERM: false,
  });
}

Deno.test.afterAll(async () => {
  await (await chromiumRunning)?.close();
  chromiumRunning = undefined;
});

let isTold = false;
/** False, saying so once, where there is none to test in. */
export function hasChromium(): boolean {
  try {
    return Deno.statSync(CHROMIUM).isFile;
  } catch {
    if (!isTold) console.log(`browser tests are skipped: expected ${CHROMIUM}, it is not there`);
    isTold = true;
    return false;
  }
}
