import { assert, assertEquals } from "@std/assert";
import { browserTest, PHONE, Stage } from "./people.ts";
import { sender } from "./sender.ts";

browserTest("an input method's Enter chooses a word and sends nothing", async () => {
  await using stage = await Stage.open();
  const { page, context } = await stage.enter("陈伟");
  const box = page.locator(".composer textarea");
  const keyboard = await context.newCDPSession(page);
  await box.focus();
  await keyboard.send("Input.imeSetComposition", {
    text: "ni hao",
    selectionStart: 6,
    selectionEnd: 6,
  });
  // As Chromium reports keys that an input method takes.
  await keyboard.send("Input.dispatchKeyEvent", {
    type: "rawKeyDown",
    key: "Process",
    code: "Enter",
    windowsVirtualKeyCode: 229,
  });
  assertEquals(await page.locator(".message").count(), 0);
  await keyboard.send("Input.insertText", { text: "你好" });
  // As Safari does: the Enter that ended the composition comes right after its end.
  await box.evaluate((area) => {
    area.dispatchEvent(new CompositionEvent("compositionend", { data: "你好" }));
    area.dispatchEvent(
      new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }),
    );
  });
  assertEquals(await box.inputValue(), "你好");
  assertEquals(await page.locator(".message").count(), 0);
  await page.waitForTimeout(100);
  await page.keyboard.press("Enter");
  await page.locator(".message", { hasText: "你好" }).waitFor();
});

browserTest("the keyboard does everything: lines, completion, rooms, messages, help", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada");
  await using bob = await sender(stage.server, "Bobby", "lobby");
  const { page } = ada;
  bob.say("one");
  bob.say("two");
  await ada.sees("two");

  await page.keyboard.type("first");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("second");
  await page.keyboard.press("Enter");
  await page.locator(".message .body", { hasText: "first" }).locator("br").waitFor({
    state: "attached",
  });

  await page.keyboard.type("bo");
  await page.keyboard.press("Tab");
  assertEquals(await page.locator(".composer textarea").inputValue(), "@Bobby: ");
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");

  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("den");
  await page.keyboard.press("Enter");
  await page.locator(".title-button", { hasText: "den" }).waitFor();
  await page.keyboard.press("Alt+ArrowDown");
  await page.locator(".title-button", { hasText: "lobby" }).waitFor();
  await page.goBack();
  await page.locator(".title-button", { hasText: "den" }).waitFor();
  await page.keyboard.press("Alt+ArrowDown");
  await page.locator(".title-button", { hasText: "lobby" }).waitFor();

  await page.getByRole("log").focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  const tools = page.locator(".message", { hasText: "two" }).getByRole("toolbar");
  await tools.waitFor();
  await tools.getByRole("button", { name: "Reply" }).focus();
  await page.keyboard.press("Enter");
  await page.locator(".mode-bar", { hasText: "Bobby" }).waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".mode-bar").waitFor({ state: "detached" });

  await page.keyboard.press("Control+/");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

browserTest("drafts stay with their rooms, also over a reload", async () => {
  await using stage = await Stage.open();
  const { page } = await stage.enter("Ada");
  const box = page.locator(".composer textarea");
  await box.fill("for the lobby");
  await page.evaluate(() => location.hash = "#den");
  await page.locator(".title-button", { hasText: "den" }).waitFor();
  assertEquals(await box.inputValue(), "");
  await box.fill("for the den");
  await page.reload();
  await page.locator(".title-button", { hasText: "den" }).waitFor();
  assertEquals(await box.inputValue(), "for the den");
  await page.locator(".sidebar a", { hasText: "lobby" }).click();
  await page.locator(".title-button", { hasText: "lobby" }).waitFor();
  assertEquals(await box.inputValue(), "for the lobby");
});

browserTest("on a phone rooms and members slide over, keep the focus, and go back", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada", { size: PHONE, isTouch: true });
  const { page } = ada;
  assertEquals(await page.locator(".sidebar").count(), 0);
  const drawer = page.getByRole("dialog", { name: "Rooms" });
  const open = page.getByRole("button", { name: /^Open rooms/ });

  await open.tap();
  await drawer.waitFor();
  for (let i = 0; i < 12; i++) await page.keyboard.press("Tab");
  assert(
    await drawer.evaluate((it) => {
      const focused = document.activeElement;
      return it.contains(focused) || focused === document.body;
    }),
  );
  await page.goBack();
  await drawer.waitFor({ state: "detached" });
  assertEquals(await page.locator(".title-button").innerText(), "lobby");

  await open.tap();
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

browserTest("a long press on a message opens what can be done with it", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada", { size: PHONE, isTouch: true });
  await using bob = await sender(stage.server, "Bob", "lobby");
  bob.say("press me");
  const { page } = ada;
  const message = page.locator(".message", { hasText: "press me" });
  await message.waitFor();
  await message.dispatchEvent("touchstart", { touches: [], targetTouches: [], changedTouches: [] });
  await page.getByRole("dialog", { name: "Actions" }).waitFor();
  await page.locator(".quick-reactions button", { hasText: "👍" }).tap();
  await page.locator(".reactions button", { hasText: "👍" }).waitFor();
});

browserTest("several lines are copied clean: names, text, no buttons", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada");
  await using bob = await sender(stage.server, "Bob", "lobby");
  bob.say("one");
  bob.say("two");
  await ada.sees("two");
  await ada.say("three");
  await ada.page.locator(".message:not(.pending)", { hasText: "three" }).waitFor();
  const copied = await ada.page.evaluate(() => {
    getSelection()?.selectAllChildren(document.querySelector(".rows")!);
    return getSelection()?.toString() ?? "";
  });
  const lines = copied.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const times = /\d\d:\d\d/;
  assertEquals(lines.map((line) => line.replace(times, "").trim()).filter((line) => line), [
    "Today",
    "Bob",
    "one",
    "two",
    "Ada",
    "three",
  ]);
});
