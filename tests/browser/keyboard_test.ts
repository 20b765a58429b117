import { assertEquals } from "@std/assert";
import { browserTest, NETWORK_NOISE, type Person, Stage } from "./people.ts";
import { sender } from "./sender.ts";

const boxOf = ({ page }: Person) => page.locator(".composer textarea");
const titleIs = ({ page }: Person, title: string) =>
  page.locator(".title-button", { hasText: title }).waitFor();

/** An input method, as the browser's own debugger plays it. */
async function inputMethod({ page, context }: Person) {
  const client = await context.newCDPSession(page);
  return {
    compose: (text: string) =>
      client.send("Input.imeSetComposition", {
        text,
        selectionStart: text.length,
        selectionEnd: text.length,
      }),
    commit: (text: string) => client.send("Input.insertText", { text }),
    /** A key that the input method takes: Chromium reports it as 229. */
    press: (code: string) =>
      client.send("Input.dispatchKeyEvent", {
        type: "rawKeyDown",
        key: "Process",
        code,
        windowsVirtualKeyCode: 229,
      }),
  };
}

browserTest("while an input method composes, Enter, Tab and the arrows are its own", async () => {
  await using stage = await Stage.open();
  const chen = await stage.enter("陈伟");
  const { page } = chen;
  await using _nina = await sender(stage.server, "nina", "lobby");
  await page.locator(".member", { hasText: "nina" }).waitFor();
  await chen.say("第一条");
  await page.locator(".message[data-seq]").waitFor();
  const box = boxOf(chen);
  const ime = await inputMethod(chen);

  await box.focus();
  await ime.compose("ni");
  for (const key of ["Enter", "Tab", "ArrowUp", "Escape"]) {
    await ime.press(key);
    // As other browsers report it.
    await box.evaluate((area, key) => {
      const init = { key, isComposing: true, bubbles: true, cancelable: true };
      area.dispatchEvent(new KeyboardEvent("keydown", init));
    }, key);
  }
  assertEquals(await box.inputValue(), "ni");
  assertEquals(await page.locator(".message").count(), 1);
  assertEquals(await page.locator(".mode-bar").count(), 0);
  await ime.commit("你好");
  // As Safari does: the Enter that ended the composition comes right after its end.
  await box.evaluate((area) => {
    area.dispatchEvent(new CompositionEvent("compositionend", { data: "你好" }));
    area.dispatchEvent(
      new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }),
    );
  });
  assertEquals(await box.inputValue(), "你好");
  assertEquals(await page.locator(".message").count(), 1);
  await page.waitForTimeout(100);
  await page.keyboard.press("Enter");
  await page.locator(".message[data-seq]", { hasText: "你好" }).waitFor();

  // In the switcher too.
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").waitFor();
  await ime.compose("lob");
  await ime.press("Enter");
  await page.getByRole("combobox").waitFor();
  await ime.commit("大厅");
  await page.getByRole("option", { name: "大厅" }).waitFor();
});

browserTest("lines, completion of names and rooms, and typing from anywhere", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada");
  await using _bobby = await sender(stage.server, "Bobby", "lobby");
  await using _boris = await sender(stage.server, "Boris", "lobby");
  const { page } = ada;
  const box = boxOf(ada);
  await page.locator(".member", { hasText: "Bobby" }).waitFor();
  await page.locator(".member", { hasText: "Boris" }).waitFor();

  await page.keyboard.type("first");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("second");
  await page.keyboard.press("Enter");
  await page.locator(".message .body", { hasText: "first" }).locator("br").waitFor({
    state: "attached",
  });

  const completed = async (presses: number) => {
    for (let i = 0; i < presses; i++) await page.keyboard.press("Tab");
    return await box.inputValue();
  };
  await page.keyboard.type("bo");
  assertEquals(await completed(1), "@Bobby: ");
  assertEquals(await completed(1), "@Boris: ");
  assertEquals(await completed(1), "@Bobby: ");
  await page.keyboard.type("see #lo");
  assertEquals(await completed(1), "@Bobby: see #lobby ");
  // Taken back as anything that was typed.
  await page.keyboard.press("Control+z");
  assertEquals(await box.inputValue(), "@Bobby: see #lo");
  await box.fill("");

  await page.getByRole("log").focus();
  await page.keyboard.type("typed at the log");
  assertEquals(await box.inputValue(), "typed at the log");
});

browserTest("the keyboard leads to rooms, messages, answers and help", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada");
  await using bob = await sender(stage.server, "Bobby", "lobby");
  const { page } = ada;
  bob.say("one");
  bob.say("two");
  await ada.sees("two");

  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("den");
  await page.keyboard.press("Enter");
  await titleIs(ada, "den");
  await page.keyboard.press("Alt+ArrowDown");
  await titleIs(ada, "lobby");
  await page.goBack();
  await titleIs(ada, "den");
  bob.say("three");
  await page.locator(".sidebar .badge", { hasText: "1" }).waitFor();
  await page.keyboard.press("Alt+Shift+ArrowDown");
  await titleIs(ada, "lobby");
  await page.locator(".divider").waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".divider").waitFor({ state: "detached" });

  await page.getByRole("log").focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  const tools = page.locator(".message", { hasText: "two" }).getByRole("toolbar");
  await tools.waitFor();
  await tools.getByRole("button", { name: "React" }).focus();
  await page.keyboard.press("Enter");
  await page.locator(".emoji-picker button").first().waitFor();
  await page.waitForFunction(() => document.activeElement?.textContent === "👍");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  const chosen = await page.evaluate(() => document.activeElement?.textContent ?? "");
  await page.keyboard.press("Enter");
  await page.locator(".reactions button", { hasText: chosen }).waitFor();

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

browserTest("in a low window the chosen room stays in view", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada", { size: { width: 1280, height: 420 } });
  const { page } = ada;
  for (let i = 10; i < 22; i++) {
    await page.evaluate((room) => location.hash = room, `#room-${i}`);
    await titleIs(ada, `room-${i}`);
  }
  await page.keyboard.press("Control+k");
  const chosen = page.locator("[role=option][aria-selected=true]");
  for (const key of ["ArrowUp", "ArrowUp", "ArrowDown", "ArrowDown"]) {
    await page.keyboard.press(key);
    const isSeen = await chosen.evaluate((goal) => {
      const { top, bottom, left } = goal.getBoundingClientRect();
      const isAt = (y: number) => goal.contains(document.elementFromPoint(left + 9, y));
      return isAt(top + 4) && isAt(bottom - 4);
    });
    assertEquals(isSeen, true, await chosen.innerText());
  }
});

browserTest("the box is as high as what is written in it, also in another width", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada");
  const hidden = () => boxOf(ada).evaluate((box) => box.scrollHeight - box.clientHeight);
  const height = () => boxOf(ada).evaluate((box) => box.clientHeight);
  await boxOf(ada).fill("word ".repeat(60));
  const before = await height();
  await ada.page.setViewportSize({ width: 760, height: 800 });
  await ada.page.waitForFunction(
    (before) => document.querySelector(".composer textarea")!.clientHeight > before,
    before,
  );
  assertEquals(await hidden(), 0);
  await ada.page.setViewportSize({ width: 1280, height: 800 });
  await ada.page.waitForFunction(
    (before) => document.querySelector(".composer textarea")!.clientHeight === before,
    before,
  );
});

browserTest("who types on at once after a key that opens something writes there", async () => {
  await using stage = await Stage.open();
  const { page } = await stage.enter("Ada");
  await using _bob = await sender(stage.server, "Bob", "lobby");
  const focused = await page.evaluate(async () => {
    document.activeElement!.dispatchEvent(
      new KeyboardEvent("keydown", { key: "k", ctrlKey: true, bubbles: true, cancelable: true }),
    );
    // Before the browser has a turn: it could be the next key's.
    for (let jobs = 0; jobs < 10; jobs++) await Promise.resolve();
    return document.activeElement?.role;
  });
  assertEquals(focused, "combobox");
});

browserTest("the pointer reaches the emoji that a message's bar opens", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada");
  await using bob = await sender(stage.server, "Bob", "lobby");
  for (let i = 1; i <= 12; i++) bob.say(`line ${i}`);
  await ada.sees("line 12");
  const { page } = ada;
  const message = page.locator(".message", { hasText: "line 12" });
  await message.hover();
  await message.getByRole("button", { name: "React" }).click();
  const emoji = page.locator(".emoji-picker button", { hasText: "🎉" });
  await emoji.waitFor();
  const place = (await emoji.boundingBox())!;
  // Over the other messages that lie between.
  await page.mouse.move(place.x + place.width / 2, place.y + place.height / 2, { steps: 25 });
  await page.mouse.down();
  await page.mouse.up();
  await message.locator(".reactions button", { hasText: "🎉" }).waitFor();
});

browserTest("drafts stay with their rooms, also over a reload", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada");
  const { page } = ada;
  const box = boxOf(ada);
  await box.fill("for the lobby");
  await page.evaluate(() => location.hash = "#den");
  await titleIs(ada, "den");
  assertEquals(await box.inputValue(), "");
  await box.fill("for the den");
  await page.reload();
  await titleIs(ada, "den");
  assertEquals(await box.inputValue(), "for the den");
  await page.locator(".sidebar a", { hasText: "lobby" }).click();
  await titleIs(ada, "lobby");
  assertEquals(await box.inputValue(), "for the lobby");
});

browserTest("an edit that cannot be saved is given back", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada", { allowed: NETWORK_NOISE });
  const { page } = ada;
  await ada.say("helo");
  await page.locator(".message[data-seq]", { hasText: "helo" }).waitFor();
  await page.keyboard.press("ArrowUp");
  await page.locator(".mode-bar", { hasText: "Editing" }).waitFor();
  await ada.say("x".repeat(4_096));
  await page.locator(".mode-bar").waitFor({ state: "detached" });
  // The server counts bytes: this was the most it takes. One more, and the page says so itself.
  await page.keyboard.press("ArrowUp");
  await boxOf(ada).fill("ü".repeat(2_049));
  await page.locator(".over", { hasText: "2 bytes too long" }).waitFor();
  await boxOf(ada).fill("a last word");
  await ada.context.setOffline(true);
  await page.evaluate(() => WebSocket.prototype.send = () => {});
  await page.evaluate(() => dispatchEvent(new Event("offline")));
  await page.locator(".strip").waitFor();
  await page.keyboard.press("Enter");
  await page.locator(".notice", { hasText: "connection broke" }).waitFor();
  await page.locator(".mode-bar", { hasText: "Editing" }).waitFor();
  assertEquals(await boxOf(ada).inputValue(), "a last word");
});
