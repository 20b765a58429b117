import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { browserTest, type Person, Stage } from "./people.ts";
import { until } from "../patience.ts";
import { type Sender, sender } from "./sender.ts";

/** What the page tells of what goes on around it: its tab, its voice, who is here and who writes. */

/** The tab's icon as it is painted, at the middle and at the top of the mark in its corner. */
function iconColours(page: Page): Promise<{ middle: string; top: string }> {
  return page.evaluate(async () => {
    const image = new Image();
    image.src = document.querySelector<HTMLLinkElement>("link[rel=icon]")!.href;
    await image.decode();
    const pen = new OffscreenCanvas(32, 32).getContext("2d", { willReadFrequently: true })!;
    pen.drawImage(image, 0, 0, 32, 32);
    const colour = (x: number, y: number) => {
      const [red, , blue] = pen.getImageData(x, y, 1, 1).data;
      return red! > blue! ? "red" : "blue";
    };
    return { middle: colour(19, 13), top: colour(22, 2) };
  });
}

const PLAIN = { middle: "blue", top: "blue" };
const DOT = { middle: "red", top: "blue" };
const NUMBER = { middle: "red", top: "red" };

async function iconBecomes(page: Page, wanted: typeof PLAIN): Promise<void> {
  await until(`the icon to be ${JSON.stringify(wanted)}`, async () => {
    const seen = await iconColours(page);
    return seen.middle === wanted.middle && seen.top === wanted.top;
  });
}

browserTest("the tab's icon tells that something waits, and when nothing does", async () => {
  await using stage = await Stage.open();
  const { page } = await stage.enter("Ada", { at: "#den" });
  await using bob = await sender(stage.server, "Bob", "den");
  await page.evaluate(() => location.hash = "#lobby");
  await page.locator(".title-button", { hasText: "lobby" }).waitFor();
  await page.locator(".log[aria-busy=false]").waitFor();
  await iconBecomes(page, PLAIN);
  bob.say("to nobody in particular");
  await iconBecomes(page, DOT);
  bob.say("@Ada, to you");
  await iconBecomes(page, NUMBER);
  await page.locator(".sidebar a", { hasText: "den" }).click();
  await iconBecomes(page, PLAIN);
});

/** From now on, what a screen reader would have read out, in order. */
async function listen(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const spoken: string[] = [];
    Object.assign(globalThis, { spoken });
    new MutationObserver((changes) => {
      for (const { target, addedNodes } of changes) {
        const element = target instanceof Element ? target : target.parentElement;
        const live = element?.closest("[aria-live], [role=status], [role=alert]");
        if (!live || live.getAttribute("aria-live") === "off") continue;
        for (const node of addedNodes.length > 0 ? addedNodes : [target]) {
          if (node.textContent) spoken.push(node.textContent);
        }
      }
    }).observe(document.body, { childList: true, characterData: true, subtree: true });
  });
  return () =>
    page.evaluate(() => (globalThis as unknown as { spoken: string[] }).spoken.splice(0));
}

async function flood({ page }: Person, from: Sender, name: string, count: number): Promise<void> {
  for (let i = 1; i <= count; i++) from.say(`${name} ${i}`);
  await page.locator(".message .body", { hasText: `${name} ${count}` }).waitFor();
  // Quiet again: the log speaks for itself.
  await page.locator(".log[aria-live=polite]").waitFor();
}

browserTest(
  "a screen reader hears single messages, and of a flood how many they were",
  async () => {
    await using stage = await Stage.open(["--store", "memory:", "--rate", "0"]);
    const ada = await stage.enter("Ada");
    await using bob = await sender(stage.server, "Bob", "lobby");
    await ada.page.locator(".log-edge strong").waitFor();
    const spoken = await listen(ada.page);
    for (const name of ["flood", "again"]) {
      await flood(ada, bob, name, 500);
      const heard = await spoken();
      // One that comes first, or alone after a pause, is read out; of the others, their number is.
      assert(heard.length <= 20, `${heard.length} things were read out: ${heard.slice(0, 5)}`);
      const numbers = heard.map((words) => /^(\d+) new messages$/.exec(words)?.[1]);
      const told = numbers.reduce((sum, number) => sum + Number(number ?? 0), 0);
      assert(told <= 500 && told > 480, `${told} messages were told of: ${heard}`);
    }
    bob.say("a single one");
    await ada.sees("a single one");
    assertEquals((await spoken()).filter((words) => words.includes("a single one")).length, 1);
  },
);

browserTest("who types is named, until they stop or have said it", async () => {
  await using stage = await Stage.open();
  const { page } = await stage.enter("Ada");
  await using bob = await sender(stage.server, "Bob", "lobby");
  await using cyd = await sender(stage.server, "Cyd", "lobby");
  const row = page.locator(".typing");
  const height = (await row.boundingBox())!.height;
  {
    using _cyd = cyd.types();
    await row.filter({ hasText: "Cyd is typing…" }).waitFor();
    {
      using _bob = bob.types();
      await row.filter({ hasText: "Cyd and Bob are typing…" }).waitFor();
    }
    assertEquals((await row.boundingBox())!.height, height);
    // Said: not typing any more. The other one falls silent.
    bob.say("here it is");
    await row.filter({ hasText: "Cyd is typing…" }).waitFor();
  }
  await row.filter({ hasText: /^$/ }).waitFor({ state: "attached" });

  // What one does oneself is told to the others, and to them alone.
  const dan = await stage.enter("Dan");
  await dan.page.locator(".composer textarea").pressSequentially("well");
  await row.filter({ hasText: "Dan is typing…" }).waitFor();
  assertEquals(await dan.page.locator(".typing").innerText(), "");
});

browserTest("it is seen who comes and goes, in the room and beside a conversation", async () => {
  await using stage = await Stage.open();
  const { page } = await stage.enter("Ada");
  const member = page.locator(".members .member", { hasText: "Bob" });
  const heading = page.locator(".members h2").first();
  const beside = page.locator(".sidebar a", { hasText: "Bob" });
  await heading.filter({ hasText: "Online · 1" }).waitFor();
  const bob = await stage.enter("Bob");
  await member.locator(".dot:not(.away)").waitFor();
  await heading.filter({ hasText: "Online · 2" }).waitFor();
  await bob.page.evaluate(() => location.hash = "#@Ada");
  await bob.page.locator(".title-button", { hasText: "Ada" }).waitFor();
  await bob.say("psst");
  await beside.locator(".dot:not(.away)").waitFor();

  await bob.page.close();
  await member.waitFor({ state: "detached" });
  await heading.filter({ hasText: "Online · 1" }).waitFor();
  await beside.locator(".dot.away").waitFor();

  const again = await bob.context.newPage();
  stage.watch("Bob again", again);
  await again.goto(`${stage.server.http}/#lobby`);
  await member.locator(".dot:not(.away)").waitFor();
  await beside.locator(".dot:not(.away)").waitFor();
});

browserTest("the theme follows the system when it is told to, without a reload", async () => {
  await using stage = await Stage.open();
  const { page } = await stage.enter("Ada");
  await page.evaluate(() => Object.assign(globalThis, { isSamePage: true }));
  const background = () =>
    page.locator("body").evaluate((body) => getComputedStyle(body).backgroundColor);
  const becomes = async (theme: "light" | "dark") => {
    await page.locator(`html[data-theme=${theme}]`).waitFor();
    assertEquals(await background(), theme === "light" ? "rgb(255, 255, 255)" : "rgb(22, 24, 29)");
    const frame = await page.locator("meta[name=theme-color]").getAttribute("content");
    assertEquals(frame, theme === "light" ? "#ffffff" : "#16181d");
  };
  const choose = async (theme: string) => {
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByRole("button", { name: theme, exact: true }).click();
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
  };
  await becomes("light");
  await page.emulateMedia({ colorScheme: "dark" });
  await becomes("dark");
  // Chosen: whatever the system says.
  await choose("Light");
  await becomes("light");
  await page.emulateMedia({ colorScheme: "light" });
  await page.emulateMedia({ colorScheme: "dark" });
  await becomes("light");
  await choose("System");
  await becomes("dark");
  await page.emulateMedia({ colorScheme: "light" });
  await becomes("light");
  assertEquals(await page.evaluate(() => "isSamePage" in globalThis), true);
});
