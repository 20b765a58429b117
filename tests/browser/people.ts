import type { Browser, BrowserContext, Page } from "playwright-core";
import { type ServerProcess, startProcess } from "../chat/server_process.ts";
import { BadNetwork } from "./bad_network.ts";
import { hasChromium, PATIENCE_MS, runningChromium } from "./chromium.ts";

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

/**
 * What the browser says when the page gives up on a line that took its 10 s to come up, and opens
 * another: a machine may be as busy as that at any time.
 */
const IMPATIENCE =
  /^WebSocket connection to '\S+' failed: WebSocket is closed before the connection/;

/** What a page may say on its console while the server is away: the browser's own words for it. */
export const NETWORK_NOISE =
  /^(WebSocket connection to '\S+' failed|Failed to load resource: net::)/;

export interface PersonOptions {
  readonly size?: { readonly width: number; readonly height: number };
  readonly colorScheme?: "light" | "dark";
  readonly locale?: string;
  readonly isTouch?: boolean;
  readonly reducedMotion?: boolean;
  /** The server's address, when it is not the stage's own. */
  readonly server?: string;
  /** The address after the server's, e.g. `#dev`. */
  readonly at?: string;
  /** When the page is taken to be there; otherwise when all that it names is loaded. */
  readonly until?: "commit";
  /** Done with the browser before it is shown anything. */
  readonly prepare?: (context: BrowserContext) => Promise<unknown>;
  /** Console messages that this test brings about on purpose. */
  readonly allowed?: RegExp;
}

/** Somebody at a browser of their own. */
export interface Person {
  readonly name: string;
  readonly page: Page;
  readonly context: BrowserContext;
  /** Writes in the open room. */
  say(content: string): Promise<void>;
  /** Waits until the open room shows this text. */
  sees(content: string): Promise<void>;
  /** The shown messages, top to bottom. */
  messages(): Promise<string[]>;
}

/** A real server and real browsers, until disposed; the consoles must have stayed clean by then. */
export class Stage implements AsyncDisposable {
  readonly complaints: string[] = [];
  readonly #contexts: BrowserContext[] = [];
  readonly #deferred: AsyncDisposable[] = [];

  private constructor(readonly browser: Browser, public server: ServerProcess) {}

  static async open(args: readonly string[] = ["--store", "memory:"]): Promise<Stage> {
    const [browser, server] = await Promise.all([runningChromium(), startProcess(args)]);
    return new Stage(browser, server);
  }

  /** A browser that shows the server's page to somebody new. */
  async visit(name: string, options: PersonOptions = {}): Promise<Person> {
    const someone = await this.#sitDown(name, options);
    await someone.page.goto(
      `${options.server ?? this.server.http}/${options.at ?? ""}`,
      { waitUntil: options.until ?? "load" },
    );
    return someone;
  }

  /** Somebody who came in as a guest some time ago. They are in the room when this resolves. */
  async enter(name: string, options: PersonOptions = {}): Promise<Person> {
    const server = options.server ?? this.server.http;
    const someone = await this.#sitDown(name, options);
    const { page, context } = someone;
    // The session's cookie goes to the browser.
    const answer = await context.request.post(`${server}/api/guests`, {
      data: { name, cookie: true },
      timeout: PATIENCE_MS,
    });
    if (!answer.ok()) throw new Error(`expected a guest, got ${await answer.text()}`);
    await context.addInitScript((name) => {
      // Also run on the browser's own page for "no network", which has no storage.
      if (location.protocol !== "http:" || localStorage.getItem("came in")) return;
      localStorage.setItem("came in", "once");
      localStorage.setItem("hubbub:user", JSON.stringify(name));
    }, name);
    await page.goto(`${server}/${options.at ?? ""}`);
    await isIn(page);
    return someone;
  }

  async #sitDown(name: string, options: PersonOptions): Promise<Person> {
    const context = await this.browser.newContext({
      viewport: options.size ?? DESKTOP,
      colorScheme: options.colorScheme ?? "light",
      locale: options.locale ?? "en-GB",
      timezoneId: whereItIsNoon(),
      hasTouch: options.isTouch ?? false,
      isMobile: options.isTouch ?? false,
      reducedMotion: options.reducedMotion ? "reduce" : "no-preference",
    });
    this.#contexts.push(context);
    context.setDefaultTimeout(PATIENCE_MS);
    await context.addInitScript(() =>
      addEventListener(
        "securitypolicyviolation",
        ({ violatedDirective, blockedURI }) =>
          console.error(`CSP report: ${violatedDirective} ${blockedURI}`),
      )
    );
    await options.prepare?.(context);
    const page = await context.newPage();
    this.watch(name, page, options.allowed);
    return person(name, page, context);
  }

  watch(name: string, page: Page, allowed?: RegExp): void {
    page.on("console", (message) => {
      const text = message.text();
      if (message.type() !== "error" && message.type() !== "warning") return;
      if (allowed?.test(text) || IMPATIENCE.test(text)) return;
      this.complaints.push(`${name}: ${message.type()}: ${text} (${message.location().url})`);
    });
    page.on("pageerror", (error) => this.complaints.push(`${name}: ${error.stack ?? error}`));
  }

  /** A line to the server that can be made worse; it holds until the browsers are gone. */
  badNetwork(): BadNetwork {
    const network = new BadNetwork(Number(new URL(this.server.http).port));
    this.defer(network);
    return network;
  }

  /** Disposed with the stage, once the browsers are gone. */
  defer(...guests: AsyncDisposable[]): void {
    this.#deferred.push(...guests);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // First: a page whose line went before it would knock once more, and say so on its console.
    await Promise.all(this.#contexts.map((context) => context.close()));
    for (const guest of this.#deferred) await guest[Symbol.asyncDispose]();
    await this.server.kill();
    if (this.complaints.length > 0) {
      throw new Error(`expected clean consoles, got\n${this.complaints.join("\n")}`);
    }
  }
}

/** Gives the name on the first page, as a guest does. */
export async function comeIn({ name, page }: Person): Promise<void> {
  await page.locator("input[name=name]").fill(name);
  await page.keyboard.press("Enter");
  await isIn(page);
}

/** Resolves when the room is shown and joined, or told to be closed. */
async function isIn(page: Page): Promise<void> {
  await page.locator(".log[aria-busy=false], .log-edge strong").first().waitFor();
}

/**
 * Does what leads to a message, and waits until it is marked as the one that was gone to: that is for
 * two seconds, so the page watches for it from before.
 */
export async function leadsTo(
  page: Page,
  content: string,
  act: () => Promise<void>,
): Promise<void> {
  const watch = await page.evaluateHandle((content) => {
    const watch = { wasMarked: false };
    new MutationObserver(() => {
      const marked = [...document.querySelectorAll(".message.target")];
      watch.wasMarked ||= marked.some(({ textContent }) => textContent.includes(content));
    }).observe(document.body, { subtree: true, attributes: true, attributeFilter: ["class"] });
    return watch;
  }, content);
  await act();
  await page.waitForFunction(({ wasMarked }) => wasMarked, watch);
}

function person(name: string, page: Page, context: BrowserContext): Person {
  const box = page.locator(".composer textarea");
  return {
    name,
    page,
    context,
    async say(content) {
      await box.fill(content);
      await box.press("Enter");
    },
    async sees(content) {
      await page.locator(".message .body", { hasText: content }).first().waitFor();
    },
    messages: () => page.locator(".message .body").allInnerTexts(),
  };
}

/** A browser test; skipped, saying so, where there is no Chromium. */
export function browserTest(name: string, run: () => Promise<void>): void {
  Deno.test({
    name,
    ignore: !hasChromium(),
    // The browser's driver keeps sockets and timers of its own until the process ends.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: run,
  });
}

/** No test sees midnight go by: what was said is of today, and so is the time beside it. */
function whereItIsNoon(): string {
  const eastHours = 12 - new Date().getUTCHours();
  // Their signs are those of POSIX: east of Greenwich is less.
  return `Etc/GMT${eastHours > 0 ? "-" : "+"}${Math.abs(eastHours)}`;
}
