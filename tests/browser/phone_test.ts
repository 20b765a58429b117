import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { LONG_PRESS_MS } from "../../web/browser/long_press.ts";
import { browserTest, leadsTo, PHONE, Stage } from "./people.ts";
import { sender } from "./sender.ts";

const ON_PHONE = { size: PHONE, isTouch: true };

browserTest("on a phone rooms and members slide over, keep the focus, and go back", async () => {
  await using stage = await Stage.open();
  const { page } = await stage.enter("Ada", ON_PHONE);
  assertEquals(await page.locator(".sidebar").count(), 0);
  const drawer = page.getByRole("dialog", { name: "Rooms" });
  const open = page.getByRole("button", { name: /^Open rooms/ });

  await open.tap();
  await drawer.waitFor();
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press("Tab");
    assert(
      await drawer.evaluate((it) => {
        const focused = document.activeElement;
        return it.contains(focused) || focused === document.body;
      }),
      `the focus left the drawer after ${i + 1} presses of Tab`,
    );
  }
  await page.goBack();
  await drawer.waitFor({ state: "detached" });
  assertEquals(await page.locator(".title-button").innerText(), "lobby");

  await open.tap();
  await drawer.waitFor();
  await page.keyboard.press("Escape");
  await drawer.waitFor({ state: "detached" });

  await open.tap();
  await drawer.getByRole("button", { name: "Join or make a room" }).tap();
  await page.getByLabel("Name of the room").fill("den");
  await page.getByRole("button", { name: "Join", exact: true }).tap();
  await page.locator(".title-button", { hasText: "den" }).waitFor();
  await open.tap();
  await drawer.locator("a", { hasText: "lobby" }).tap();
  await page.locator(".title-button", { hasText: "lobby" }).waitFor();
  await drawer.waitFor({ state: "detached" });

  for (const control of await page.locator(".icon-button:visible, .title-button").all()) {
    const box = await control.boundingBox();
    assert(box && box.height >= 44, `${await control.getAttribute("aria-label")}: ${box?.height}`);
  }
  const overflows = await page.evaluate(() =>
    document.documentElement.scrollWidth > document.documentElement.clientWidth
  );
  assertEquals(overflows, false);
});

/** The controls of what is open that a finger would miss: too small, or beside the screen. */
function missed(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const open = document.querySelector("dialog[open]") ?? document.body;
    const controls = "button, input:not([type=checkbox]), label.check";
    return [...open.querySelectorAll<HTMLElement>(controls)].flatMap((control) => {
      const { left, right, width, height } = control.getBoundingClientRect();
      const isGood = width >= 44 && height >= 44 && left >= 0 && right <= innerWidth;
      const isShown = control.checkVisibility() && !control.closest(".log");
      const name = control.getAttribute("aria-label") ?? control.innerText;
      return isGood || !isShown ? [] : [`${name}: ${width} x ${height} at ${left}`];
    });
  });
}

browserTest("on a phone every control is for a finger, and none is cut off", async () => {
  await using stage = await Stage.open();
  const { page } = await stage.visit("Ada", ON_PHONE);
  const found: string[] = [];
  const keep = async (where: string) => {
    found.push(...(await missed(page)).map((control) => `${where}: ${control}`));
  };
  const close = async () => {
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
  };
  await page.getByRole("button", { name: "Register" }).tap();
  await keep("entry");
  await page.getByLabel("Name").fill("Ada");
  await page.getByLabel("Password").fill("correct horse battery");
  await page.locator("button[type=submit]").tap();
  await page.locator(".log-edge strong").waitFor();
  await keep("room");

  const open = page.getByRole("button", { name: /^Open rooms/ });
  await open.tap();
  await keep("rooms");
  await page.getByRole("button", { name: "Settings" }).tap();
  await keep("settings");
  await page.getByRole("button", { name: "Account" }).tap();
  await page.getByLabel("Present password").waitFor();
  await keep("account");
  await close();
  for (const name of ["Join or make a room", "New group", "Write to somebody"]) {
    await open.tap();
    await page.getByRole("button", { name }).tap();
    await page.getByRole("dialog", { name }).waitFor();
    await keep(name);
    await close();
  }
  await page.getByRole("button", { name: "Search" }).tap();
  await keep("search");
  assertEquals((await page.locator("dialog").boundingBox())?.width, PHONE.width);
  await close();
  await page.setViewportSize({ width: 320, height: 568 });
  await page.getByRole("button", { name: "Emoji" }).tap();
  await page.locator(".emoji-picker button").first().waitFor();
  const place = await page.locator(".emoji-popover").boundingBox();
  assert(place && place.x >= 0 && place.x + place.width <= 320, JSON.stringify(place));
  assertEquals(found, []);
});

browserTest(
  "what is told while something is open stands before it, and can be put away",
  async () => {
    await using stage = await Stage.open();
    const { page } = await stage.enter("Ada", ON_PHONE);
    await page.locator(".title-button").tap();
    await page.getByRole("button", { name: "Copy link" }).tap();
    // A tap waits until nothing lies over what is tapped, and until it is not inert.
    await page.locator(".notice", { hasText: "Copied" }).getByRole("button").tap();
    await page.locator(".notice").waitFor({ state: "detached" });
    await page.getByRole("dialog", { name: "About this room" }).waitFor();
  },
);

/**
 * From now on no finger rests for long enough, however slow the machine; until the answer is called:
 * then those have that still do.
 */
async function holdLongPress(page: Page): Promise<() => Promise<void>> {
  const held = await page.evaluateHandle((ms) => {
    const { setTimeout, clearTimeout } = globalThis;
    const resting = new Map<number, () => void>();
    Object.assign(globalThis, {
      setTimeout(run: () => void, wait?: number, ...rest: unknown[]) {
        if (wait !== ms) return setTimeout(run, wait, ...rest);
        const id = -1 - resting.size;
        resting.set(id, run);
        return id;
      },
      clearTimeout: (id?: number) => resting.delete(id ?? 0) || clearTimeout(id),
    });
    return {
      letGo() {
        Object.assign(globalThis, { setTimeout, clearTimeout });
        for (const run of resting.values()) run();
      },
    };
  }, LONG_PRESS_MS);
  return () => held.evaluate((held) => held.letGo());
}

browserTest("a finger that rests on a message opens what can be done with it", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada", ON_PHONE);
  await using bob = await sender(stage.server, "Bob", "lobby");
  bob.say("press me");
  const { page, context } = ada;
  const message = page.locator(".message", { hasText: "press me" });
  await message.waitFor();
  const place = (await message.boundingBox())!;
  const finger = [{ x: place.x + 150, y: place.y + place.height - 10 }];
  const client = await context.newCDPSession(page);
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", touchPoints: typeof finger) =>
    client.send("Input.dispatchTouchEvent", { type, touchPoints });
  const sheet = page.getByRole("dialog", { name: "Actions" });

  // A tap and a swipe are something else, however slowly the fingers move.
  const letGo = await holdLongPress(page);
  await touch("touchStart", finger);
  await touch("touchEnd", []);
  await touch("touchStart", finger);
  for (let y = 0; y < 80; y += 20) {
    await touch("touchMove", [{ x: finger[0]!.x, y: finger[0]!.y - y }]);
  }
  await letGo();
  await touch("touchEnd", []);
  assertEquals(await sheet.count(), 0);

  await touch("touchStart", finger);
  await sheet.waitFor();
  await touch("touchEnd", []);
  // Lifting the finger closes nothing.
  await page.waitForTimeout(200);
  await sheet.getByRole("button", { name: "👍" }).tap();
  await message.locator(".reactions button", { hasText: "👍" }).waitFor();
  await sheet.waitFor({ state: "detached" });

  await touch("touchStart", finger);
  await sheet.waitFor();
  await touch("touchEnd", []);
  await sheet.getByRole("button", { name: "More" }).tap();
  const emoji = sheet.locator(".emoji-picker");
  await emoji.waitFor();
  await page.keyboard.press("Escape");
  await emoji.waitFor({ state: "hidden" });
  await sheet.getByRole("button", { name: "Reply" }).tap();
  await page.locator(".mode-bar", { hasText: "Bob" }).waitFor();
  await ada.say("an answer");
  await page.locator(".quoted", { hasText: "press me" }).waitFor();
});

browserTest("on a phone one looks for a message and finds it, and sees who is here", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada", ON_PHONE);
  await using bob = await sender(stage.server, "Bob", "lobby");
  for (let i = 1; i <= 40; i++) bob.say(`line ${i}`);
  await ada.sees("line 40");
  const { page } = ada;
  await page.getByRole("button", { name: "Search" }).tap();
  await page.getByRole("searchbox").fill("line 7");
  await leadsTo(page, "line 7", () => page.locator(".results li button").first().tap());
  await page.locator(".pill").tap();
  await page.locator(".pill").waitFor({ state: "detached" });
  await page.getByRole("button", { name: /^Members/ }).tap();
  await page.getByRole("dialog", { name: "Members" }).locator(".member", { hasText: "Bob" }).tap();
  await page.getByRole("button", { name: "Mention" }).tap();
  assertEquals(await page.locator(".composer textarea").inputValue(), "@Bob ");
});
