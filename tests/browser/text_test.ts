import { assert, assertEquals } from "@std/assert";
import { browserTest, PHONE, Stage } from "./people.ts";
import { setScene } from "./scene.ts";
import { sender } from "./sender.ts";

browserTest("several lines are copied clean: names, text, no buttons", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada");
  await using bob = await sender(stage.server, "Bob", "lobby");
  bob.say("one");
  bob.say("two");
  await ada.sees("two");
  await ada.say("three");
  await ada.page.locator(".message[data-seq]", { hasText: "three" }).waitFor();
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

browserTest("text that runs from right to left does, beside text that does not", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada");
  const { page } = ada;
  await ada.say("שלום לכולם, this is Hubbub");
  await ada.say("hello again");
  await page.locator(".message[data-seq]", { hasText: "hello again" }).waitFor();
  const directions = await page.locator(".message .body").evaluateAll((bodies) =>
    bodies.map((body) => getComputedStyle(body).direction)
  );
  assertEquals(directions, ["rtl", "ltr"]);
  const box = page.locator(".composer textarea");
  await box.fill("مرحبا");
  assertEquals(await box.evaluate((area) => getComputedStyle(area).direction), "rtl");
});

for (const isPhone of [false, true]) {
  browserTest(`the whole page can be turned round: ${isPhone ? "phone" : "desk"}`, async () => {
    await using stage = await Stage.open();
    const { page } = await setScene(stage, isPhone ? { size: PHONE, isTouch: true } : {});
    await page.evaluate(() => document.documentElement.dir = "rtl");
    await page.locator(".at-me").hover();
    const layout = await page.evaluate(() => {
      const centre = (selector: string) => {
        const place = document.querySelector(selector)?.getBoundingClientRect();
        return place ? (place.left + place.right) / 2 : undefined;
      };
      return {
        overflows: document.documentElement.scrollWidth > document.documentElement.clientWidth,
        sidebar: centre(".sidebar"),
        members: centre(".members"),
        avatar: centre(".message .avatar"),
        send: centre(".send"),
        middle: innerWidth / 2,
      };
    });
    assertEquals(layout.overflows, false);
    assert(layout.avatar! > layout.middle && layout.send! < layout.middle, JSON.stringify(layout));
    if (!isPhone) {
      assert(layout.sidebar! > layout.middle, "the rooms stand at the right");
      assert(layout.members! < layout.middle, "the members stand at the left");
    }
  });
}

browserTest("in Chinese nothing is left in English, and nothing is cut off", async () => {
  await using stage = await Stage.open();
  const { page } = await stage.enter("陈伟", { locale: "zh-CN", size: PHONE });
  const english: string[] = [];
  const look = async (where: string) => {
    const found = await page.evaluate(() => {
      const words =
        /\b(?!Hubbub|hubbub|lobby|Ctrl|Shift|Alt|Enter|Tab|Esc|English|K|h)[A-Za-z]{2,}/;
      const shown: string[] = [];
      for (const element of document.querySelectorAll("body :not(noscript)")) {
        if (element.children.length === 0) shown.push(element.textContent ?? "");
        for (const name of ["aria-label", "title", "placeholder"]) {
          shown.push(element.getAttribute(name) ?? "");
        }
        if (
          element.matches("button, label, .choice-text > b, h2") &&
          element.scrollWidth > element.clientWidth + 1
        ) shown.push(`cut off: ${element.textContent}`);
      }
      return shown.filter((text) => words.test(text));
    });
    english.push(...found.map((text) => `${where}: ${text}`));
  };
  await look("room");
  const rooms = page.getByRole("button", { name: "打开房间列表" });
  for (const button of ["设置", "加入或新建房间", "新建群组", "给某人发私信"]) {
    await rooms.click();
    await page.getByRole("button", { name: button }).click();
    await page.getByRole("dialog").locator("button, input").nth(1).waitFor();
    await look(button);
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
  }
  for (const keys of ["Control+k", "Control+/", "Control+Shift+F"]) {
    await page.keyboard.press(keys);
    await page.getByRole("dialog").waitFor();
    await look(keys);
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
  }
  await page.locator(".title-button").click();
  await page.getByRole("dialog", { name: "房间信息" }).waitFor();
  await look("room info");
  assertEquals(english, []);
});
