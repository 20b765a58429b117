import { assert, assertEquals, assertLess } from "@std/assert";
import type { Page } from "playwright-core";
import { browserTest, type Person, Stage } from "./people.ts";
import { type Sender, sender } from "./sender.ts";

/** Where one lands in a room where much was said meanwhile. */

async function fill(from: Sender, word: string, count: number): Promise<void> {
  // Of different heights, as messages are.
  for (let i = 1; i <= count; i++) from.say(`${word} ${i} ${"more ".repeat((i * 7) % 40)}`);
  await from.settled();
}

async function open({ page }: Person, room: string): Promise<void> {
  await page.evaluate((room) => location.hash = `#${room}`, room);
  await page.locator(".title-button", { hasText: room }).waitFor();
  await page.locator(".log[aria-busy=false]").waitFor();
}

/** The divider stands before the first unread message, both in the upper half of the log. */
async function standsBefore(page: Page, words: string): Promise<void> {
  const first = page.locator(".divider + .message", { hasText: words });
  await first.waitFor();
  assertEquals(await page.locator(".divider").count(), 1);
  const { divider, height } = await page.evaluate(() => {
    const log = document.querySelector(".log")!;
    const top = log.getBoundingClientRect().top;
    return {
      divider: document.querySelector(".divider")!.getBoundingClientRect().top - top,
      height: log.clientHeight,
    };
  });
  assert(divider > 0 && divider < height / 2, `the divider is at ${divider} of ${height} px`);
}

for (const count of [100, 700]) {
  browserTest(`a room with ${count} unread messages opens at the first of them`, async () => {
    await using stage = await Stage.open(["--store", "memory:", "--rate", "0"]);
    const ada = await stage.enter("Ada");
    const { page } = ada;
    await using bob = await sender(stage.server, "Bob", "lobby");
    await fill(bob, "old", 80);
    await ada.sees("old 80 ");
    await open(ada, "den");
    await fill(bob, "new", count);
    const badge = page.locator(".sidebar a", { hasText: "lobby" }).locator(".badge");
    await badge.filter({ hasText: String(count) }).waitFor();
    await open(ada, "lobby");
    await standsBefore(page, "new 1 ");
    // Not read yet: the badge and the pill say so, and the pill leads to the end.
    const pill = page.locator(".pill", { hasText: `${count} new messages` });
    await pill.waitFor();
    await badge.filter({ hasText: String(count) }).waitFor();
    await pill.click();
    await ada.sees(`new ${count} `);
    await badge.waitFor({ state: "detached" });
    await page.locator(".pill").waitFor({ state: "detached" });
  });
}

browserTest("who comes back finds where they left off, in the room they look at", async () => {
  await using stage = await Stage.open(["--store", "memory:", "--rate", "0"]);
  const ada = await stage.enter("Ada");
  await using bob = await sender(stage.server, "Bob", "lobby");
  await fill(bob, "old", 80);
  await ada.say("good night");
  await ada.page.locator(".message[data-seq]", { hasText: "good night" }).waitFor();
  await ada.page.close();
  await fill(bob, "new", 300);
  const page = await ada.context.newPage();
  stage.watch("Ada again", page);
  await page.goto(stage.server.http);
  await standsBefore(page, "new 1 ");
  await page.locator(".pill", { hasText: "300 new messages" }).waitFor();
  // Read by scrolling down, page by page.
  await page.locator(".pill").click();
  await page.locator(".message", { hasText: "new 300 " }).waitFor();
  await page.locator(".pill").waitFor({ state: "detached" });
  await page.waitForFunction(() => !document.title.startsWith("•"));
  assertLess(await page.locator("[data-key]").count(), 301);
});
