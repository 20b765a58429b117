import { assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { browserTest, type Person, Stage } from "./people.ts";
import { sender } from "./sender.ts";

/**
 * A tab may hear from the server that its session has ended before it does from the tab that ended it;
 * then it asks who it is, and the browser says on the console what the answer was.
 */
const ASKS_WHO_IT_IS = /status of 401/;

async function secondTab(stage: Stage, { name, context }: Person, at = ""): Promise<Page> {
  const page = await context.newPage();
  stage.watch(`${name}'s second tab`, page, ASKS_WHO_IT_IS);
  await page.goto(`${stage.server.http}/${at}`);
  await page.locator(".log[aria-busy=false]").waitFor();
  return page;
}

browserTest("two tabs of one browser show the same and send once", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada", { allowed: ASKS_WHO_IT_IS });
  const second = await secondTab(stage, ada);
  await ada.say("from the first");
  await second.locator(".message", { hasText: "from the first" }).waitFor();
  await second.locator(".composer textarea").fill("from the second");
  await second.keyboard.press("Enter");
  await ada.sees("from the second");
  await second.locator(".message[data-seq]", { hasText: "from the second" }).waitFor();
  assertEquals(await ada.messages(), ["from the first", "from the second"]);
  assertEquals(await second.locator(".message .body").allInnerTexts(), await ada.messages());

  await ada.page.getByRole("button", { name: "Settings" }).click();
  await ada.page.getByRole("button", { name: "Dark" }).click();
  await second.locator("html[data-theme=dark]").waitFor();
  await ada.page.getByRole("button", { name: "中文" }).click();
  await second.getByPlaceholder("发消息到 #lobby").waitFor();
  await ada.page.getByRole("button", { name: "退出登录" }).click();
  await second.locator("input[name=name]").waitFor();
});

browserTest("what is read or begun in one tab is so in the other", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada");
  await using bob = await sender(stage.server, "Bob", "lobby");
  const second = await secondTab(stage, ada, "#den");
  const badge = second.locator(".sidebar a", { hasText: "lobby" }).locator(".badge");
  const lookAway = (isAway: boolean) =>
    ada.page.evaluate((isAway) => {
      Object.defineProperty(document, "hasFocus", { value: () => !isAway, configurable: true });
      dispatchEvent(new Event(isAway ? "blur" : "focus"));
    }, isAway);
  await lookAway(true);
  bob.say("one");
  bob.say("two");
  await badge.filter({ hasText: "2" }).waitFor();
  await lookAway(false);
  await badge.waitFor({ state: "detached" });

  await ada.page.locator(".composer textarea").fill("begun in the first");
  await second.locator(".sidebar a", { hasText: "lobby" }).click();
  await second.waitForFunction(() =>
    document.querySelector<HTMLTextAreaElement>(".composer textarea")?.value ===
      "begun in the first"
  );
});

browserTest("what a closed tab was sending, the other one sends", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada");
  const closing = await secondTab(stage, ada);
  // Its line is cut off from the server; the other tab's is not.
  await closing.evaluate(() => WebSocket.prototype.send = () => {});
  await closing.locator(".composer textarea").fill("last words");
  await closing.keyboard.press("Enter");
  // Pending, unless the other tab has taken this one for gone, as it may where nothing is quick.
  await closing.locator(".message", { hasText: "last words" }).waitFor();
  await ada.page.locator(".message", { hasText: "last words" }).waitFor();
  await closing.close();
  await ada.page.locator(".message[data-seq]", { hasText: "last words" }).waitFor();
  assertEquals(await ada.messages(), ["last words"]);
});
