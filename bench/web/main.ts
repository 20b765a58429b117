/** `deno task bench:web`: the web client in a real Chromium. See ../README.md. */
import type { Browser } from "playwright-core";
import { type Flags, outPath, positive, runBench } from "../flags.ts";
import { describeMachine } from "../report/machine.ts";
import { firstLoad } from "./first_load.ts";
import { framesWhile, weight, workMeter } from "./frames.ts";
import { lighthouse } from "./lighthouse.ts";
import { speaker } from "./speaker.ts";
import { type Figures, table } from "./table.ts";
import { readBack } from "../../web/view/log/fake_reader.ts";
import { ownMessages, roomSwitches } from "./use.ts";
import { open, startBrowser, startServer, visit } from "./visit.ts";

const HELP = `deno task bench:web [options]

  --seconds N       of messages, twice; default 60
  --flood N         messages before the page is weighed; default 100000
  --lighthouse none leaves Lighthouse out, which npx fetches from the npm registry
  --out PATH        of the table, default bench/results/web.md; "none" writes nothing
  --docs PATH       of the page that gets it, too, default docs/web-client.md, or "none"`;

const RATE = 100;
const BETWEEN = 10_000;
const FLOOD_PER_SECOND = 5_000;
const HISTORY = 1_900;
const SWITCHES = 21;
const OWN = 20;

const COMMAND_LINE = {
  help: HELP,
  options: ["seconds", "flood", "lighthouse", "docs", "out"],
} as const;

type Options = Flags<typeof COMMAND_LINE.options[number]>;

async function bench(flags: Options, loadBefore: number): Promise<void> {
  const seconds = positive(flags.seconds, 60);
  const flood = positive(flags.flood, 100_000);
  const browser = await startBrowser();
  let figures: Figures;
  try {
    figures = await measure(browser, seconds, flood, flags.lighthouse !== "none");
  } finally {
    await browser.close();
  }
  const date = new Date().toISOString().slice(0, 10);
  const machine = await describeMachine(loadBefore);
  const chromium = browser.version();
  const text = table(figures, { date, machine, chromium, seconds, rate: RATE, flood });
  console.log(text);
  const out = await outPath(flags.out, `${import.meta.dirname}/../results/web.md`);
  if (out !== undefined) {
    await Deno.writeTextFile(out, `# The web client, measured\n\n${text}\n`);
  }
  const docs = await outPath(flags.docs, `${import.meta.dirname}/../../docs/web-client.md`);
  if (docs !== undefined) await writeDocs(docs, text);
}

async function measure(
  browser: Browser,
  seconds: number,
  flood: number,
  withLighthouse: boolean,
): Promise<Figures> {
  const server = await startServer();
  try {
    const { port } = server;
    say("first load");
    const first = await firstLoad(browser, port);
    say("Lighthouse");
    const judged = withLighthouse ? await lighthouse(`http://127.0.0.1:${port}/`) : undefined;
    await using bob = await speaker(port, "bob", "lobby");
    say("reading back");
    await bob.stream(HISTORY, 1);
    const jump = await jumpOfReader(browser, port);
    say("messages");
    await using ada = await visit(browser, port, "Ada");
    const fresh = await framesWhile(ada, () => bob.stream(RATE * seconds, seconds));
    await bob.stream(BETWEEN, BETWEEN / FLOOD_PER_SECOND);
    const flooded = await framesWhile(ada, () => bob.stream(RATE * seconds, seconds));
    say("a flood");
    const rest = Math.max(0, flood - BETWEEN - 2 * RATE * seconds);
    await bob.stream(rest, rest / FLOOD_PER_SECOND);
    await bob.stream(1, 0.1);
    await ada.page.locator(".message .body", { hasText: /^message 1 / }).last().waitFor();
    const weighed = await weight(ada);
    say("rooms, and my own messages");
    await using cyd = await speaker(port, "cyd", "den");
    await cyd.stream(200, 0.2);
    await open(ada.page, "den");
    await open(ada.page, "lobby");
    const readWork = await workMeter(ada);
    const { task } = await readWork();
    const switches = await roomSwitches(ada.page, ["den", "lobby"], SWITCHES);
    const switchWorkMs = ((await readWork()).task - task) / SWITCHES;
    const inTime = await ownMessages(ada.page, OWN);
    return {
      firstLoad: first,
      lighthouse: judged,
      fresh,
      flooded,
      weight: weighed,
      jump,
      // The first one also compiles what switches.
      switches: switches.slice(1),
      switchWorkMs,
      own: { inTime, times: OWN },
    };
  } finally {
    await server.stop();
  }
}

async function jumpOfReader(browser: Browser, port: number) {
  await using reader = await visit(browser, port, "Eve");
  return await readBack(reader.page);
}

/** Between its marks in the page; the rest of it is written by hand. */
async function writeDocs(path: string, text: string): Promise<void> {
  const page = await Deno.readTextFile(path);
  const [before, after] = ["<!-- bench:web -->", "<!-- /bench:web -->"];
  const from = page.indexOf(before), to = page.indexOf(after);
  if (from < 0 || to < from) throw new Error(`expected ${before} … ${after} in ${path}`);
  await Deno.writeTextFile(
    path,
    `${page.slice(0, from + before.length)}\n\n${text}\n\n${page.slice(to)}`,
  );
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "-q", path] }).output();
}

function say(what: string): void {
  console.error(`… ${what}`);
}

await runBench(COMMAND_LINE, bench);
