import { assertEquals } from "@std/assert";
import { browserTest, leadsTo, Stage } from "./people.ts";

browserTest("two people come in by name and talk", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada");
  const bob = await stage.enter("Bob");
  await ada.say("hello **Bob**");
  await bob.sees("hello Bob");
  assertEquals(await bob.page.locator(".body strong").innerText(), "Bob");
  await bob.say("@Ada hi!");
  await ada.sees("@Ada hi!");
  await ada.page.locator(".at-me").waitFor();
  await ada.page.locator(".members .member", { hasText: "Bob" }).waitFor();
  assertEquals(await ada.page.locator(".message.head .sender").allInnerTexts(), ["Ada", "Bob"]);
});

browserTest("a reload keeps who one is and what was said", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada");
  await ada.say("still here");
  await ada.page.locator(".message:not(.pending)", { hasText: "still here" }).waitFor();
  await ada.page.reload();
  await ada.sees("still here");
  assertEquals(await ada.page.locator(".me-text b").innerText(), "Ada");
});

browserTest("a room is reached by its link, and unread rooms have badges", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada", { at: "#dev" });
  assertEquals(await ada.page.locator(".title-button").innerText(), "dev");
  const bob = await stage.enter("Bob", { at: "#dev" });
  await bob.say("first");
  await ada.sees("first");
  await ada.page.evaluate(() => location.hash = "#lobby");
  await ada.page.locator(".title-button", { hasText: "lobby" }).waitFor();
  await bob.say("second");
  await bob.say("@Ada third");
  const link = ada.page.locator(".sidebar a", { hasText: "dev" });
  await link.locator(".badge.calling", { hasText: "2" }).waitFor();
  await ada.page.waitForFunction(() => document.title.startsWith("(1)"));
  await link.click();
  await ada.page.locator(".divider").waitFor();
  await link.locator(".badge").waitFor({ state: "detached" });
});

browserTest("a direct message arrives wherever the other is, and is marked as read", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada");
  const bob = await stage.enter("Bob");
  await ada.page.locator(".member", { hasText: "Bob" }).click();
  await ada.page.getByRole("button", { name: "Write a direct message" }).click();
  await ada.page.locator(".title-button", { hasText: "Bob" }).waitFor();
  await ada.say("just for you");
  const link = bob.page.locator(".sidebar a", { hasText: "Ada" });
  await link.locator(".badge.calling", { hasText: "1" }).waitFor();
  await link.click();
  await bob.sees("just for you");
  await ada.page.locator(".read-mark").waitFor();
  await bob.say("got it");
  await ada.sees("got it");
});

browserTest("messages are edited, answered, reacted to and deleted, for everyone", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada");
  const bob = await stage.enter("Bob");
  await ada.say("helo");
  await bob.sees("helo");
  await ada.page.locator(".message[data-seq]", { hasText: "helo" }).waitFor();
  await ada.page.keyboard.press("ArrowUp");
  await ada.page.locator(".mode-bar", { hasText: "Editing" }).waitFor();
  await ada.say("hello");
  await bob.page.locator(".body", { hasText: "hello" }).locator(".edited").waitFor();

  const atBob = bob.page.locator(".message", { hasText: "hello" });
  await atBob.hover();
  await atBob.getByRole("button", { name: "React" }).click();
  await bob.page.locator(".emoji-picker button", { hasText: "🎉" }).click();
  await ada.page.locator(".reactions button", { hasText: "🎉 1" }).click();
  await bob.page.locator(".reactions button", { hasText: "🎉 2" }).waitFor();

  await atBob.hover();
  await atBob.getByRole("button", { name: "Reply" }).click();
  await bob.say("hello yourself");
  await ada.page.locator(".quoted", { hasText: "hello" }).waitFor();

  const atAda = ada.page.locator(".message[data-seq]", { hasText: "hello" }).first();
  await atAda.hover();
  await atAda.getByRole("button", { name: "Delete" }).click();
  await ada.page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await bob.page.locator(".body.deleted").waitFor();
});

browserTest("search finds a part of a word, Chinese too, and leads to the message", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada");
  await ada.say("the supervisor restarts");
  await ada.say("很好！我在四核机器上跑了一次");
  await ada.page.keyboard.press("Control+Shift+F");
  const box = ada.page.getByRole("searchbox");
  await box.fill("pervis");
  await ada.page.locator(".results li", { hasText: "supervisor" }).waitFor();
  await box.fill("四核机器");
  const found = ada.page.locator(".results li", { hasText: "很好" }).locator("button");
  await leadsTo(ada.page, "很好", () => found.click());
});
