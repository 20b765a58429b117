import { assertEquals } from "@std/assert";
import type { BrowserContext, Page } from "playwright-core";
import { browserTest, type Person, Stage } from "./people.ts";
import { sender } from "./sender.ts";
import { ROLL_CALL_MS } from "../../web/connection/tabs.ts";

/** How long the tabs listen to each other: longer than in earnest, however busy this machine is. */
const AGREEING_MS = 6_000;
const AGREED_MS = AGREEING_MS + 1_000;

/** From the next page on, notifications and sounds are written down instead of made. */
async function record(context: BrowserContext): Promise<void> {
  await context.grantPermissions(["notifications"]);
  await context.addInitScript(([inEarnestMs, ms]) => {
    const { setTimeout } = globalThis;
    const slow = (run: TimerHandler, wait?: number, ...rest: unknown[]) =>
      setTimeout(run, wait === inEarnestMs ? ms : wait, ...rest);
    Object.assign(globalThis, { setTimeout: slow });
  }, [ROLL_CALL_MS, AGREEING_MS]);
  await context.addInitScript(() => {
    const calls: string[] = [];
    class RecordedNotification {
      static readonly permission = "granted";
      static requestPermission = () => Promise.resolve("granted");
      onclick: (() => void) | null = null;
      constructor(title: string, { body }: { body: string }) {
        calls.push(`${title}: ${body}`);
      }
      close() {}
    }
    class RecordedAudio extends AudioContext {
      override createOscillator() {
        calls.push("tone");
        return super.createOscillator();
      }
    }
    Object.assign(globalThis, {
      Notification: RecordedNotification,
      AudioContext: RecordedAudio,
      calls,
    });
  });
}

const callsAt = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as { calls: string[] }).calls);

async function called(page: Page, times: number): Promise<void> {
  await page.waitForFunction(
    (times) => (globalThis as unknown as { calls: string[] }).calls.length >= times,
    times,
  );
}

/** Waits, by the page's own timers, until the tabs have agreed on who calls. */
function rollCalled(page: Page): Promise<void> {
  return page.evaluate((ms) => new Promise((resolve) => setTimeout(resolve, ms)), AGREED_MS);
}

/** The page's clock jumps, and stands still from then on. */
function laterAndStill(page: Page, ms: number): Promise<void> {
  return page.evaluate((ms) => {
    const now = Date.now() + ms;
    Date.now = () => now;
  }, ms);
}

/** The page believes that its window has, or has not, the focus. */
function attend(page: Page, isAttended: boolean): Promise<void> {
  return page.evaluate((isAttended) => {
    Object.defineProperty(document, "hasFocus", { value: () => isAttended, configurable: true });
    dispatchEvent(new Event(isAttended ? "focus" : "blur"));
  }, isAttended);
}

async function ask(page: Page, setting: "Notifications" | "Sound"): Promise<void> {
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByLabel(setting).check();
  await page.keyboard.press("Escape");
  await page.locator("dialog").waitFor({ state: "detached" });
}

/** Ada, whose calls are written down. */
async function recorded(stage: Stage): Promise<Person> {
  const ada = await stage.enter("Ada");
  await record(ada.context);
  await ada.page.reload();
  await ada.page.locator(".log[aria-busy=false]").waitFor();
  return ada;
}

browserTest("who asked for it is notified of mentions while looking elsewhere", async () => {
  await using stage = await Stage.open();
  const ada = await recorded(stage);
  const { page } = ada;
  await using bob = await sender(stage.server, "Bob", "lobby");
  await attend(page, false);
  bob.say("@Ada not yet asked for");
  await ada.sees("not yet asked for");
  await attend(page, true);
  await ask(page, "Notifications");
  bob.say("@Ada looking at it");
  await ada.sees("looking at it");
  await attend(page, false);
  bob.say("nobody in particular");
  bob.say("@Ada are you there?");
  // Calls come in the order of the messages: what comes before the last one is all there was.
  await called(page, 1);
  bob.say("@Ada hello?");
  await called(page, 2);
  assertEquals(await callsAt(page), [
    "Bob · lobby: @Ada are you there?",
    "Bob · lobby: @Ada hello?",
  ]);
});

browserTest("a sound is heard when it is turned on, and for mentions", async () => {
  await using stage = await Stage.open();
  const ada = await recorded(stage);
  const { page } = ada;
  await ask(page, "Sound");
  assertEquals(await callsAt(page), ["tone", "tone"]);
  await attend(page, false);
  await using bob = await sender(stage.server, "Bob", "lobby");
  // Not more often than every two seconds, by the page's clock: it stands still meanwhile.
  await laterAndStill(page, 3_000);
  bob.say("@Ada one");
  bob.say("@Ada two");
  await called(page, 4);
  await ada.sees("@Ada two");
  await laterAndStill(page, 3_000);
  bob.say("@Ada three");
  await called(page, 6);
  assertEquals((await callsAt(page)).length, 6);
});

browserTest("of several tabs one calls, and none to what is looked at in another", async () => {
  await using stage = await Stage.open();
  const ada = await recorded(stage);
  const { page, context } = ada;
  const second = await context.newPage();
  stage.watch("Ada's second tab", second);
  await second.goto(`${stage.server.http}/#den`);
  await second.locator(".log[aria-busy=false]").waitFor();
  await ask(page, "Notifications");
  await using bob = await sender(stage.server, "Bob", "lobby");
  await attend(page, true);
  await attend(second, false);
  const calling = second.locator(".sidebar a", { hasText: "lobby" }).locator(".calling");
  bob.say("@Ada you see this");
  await calling.waitFor();
  await rollCalled(second);

  await attend(page, false);
  for (const question of ["and now?", "and then?"]) {
    bob.say(`@Ada ${question}`);
    await ada.sees(question);
    await rollCalled(page);
  }
  assertEquals(
    [...await callsAt(page), ...await callsAt(second)].sort(),
    ["Bob · lobby: @Ada and now?", "Bob · lobby: @Ada and then?"],
  );
});
