import { assertEquals } from "@std/assert";
import { complaints, LOOKS, picture } from "./inspect.ts";
import { browserTest, NETWORK_NOISE, Stage } from "./people.ts";
import { sender } from "./sender.ts";

/** The states that are rarely seen, each with a picture and with axe's opinion. */

for (const { look, isPhone, options } of LOOKS) {
  browserTest(`axe has nothing against the rarer states: ${look}`, async () => {
    await using stage = await Stage.open();
    const network = stage.badNetwork();
    const server = `http://127.0.0.1:${network.port}`;
    const ada = await stage.enter("Ada", { ...options, server, allowed: NETWORK_NOISE });
    const { page } = ada;
    await using bob = await sender(stage.server, "Bob", "lobby");
    const found: string[] = [];
    const keep = async (name: string) => {
      found.push(...await complaints(page, name));
      await picture(page, `${look}-${name}`);
    };
    const close = async () => {
      await page.keyboard.press("Escape");
      await page.locator("dialog").waitFor({ state: "detached" });
    };
    const openRooms = async () => {
      if (isPhone) await page.getByRole("button", { name: /^Open rooms/ }).click();
    };

    await keep("empty");
    for (let i = 1; i <= 30; i++) {
      bob.say(`Message ${i} of a longer talk. ${"More. ".repeat(i % 9)}`);
    }
    await ada.sees("Message 30");
    await page.evaluate(() => document.querySelector(".log")!.scrollTop = 100);
    await page.locator(".pill").waitFor();
    for (let i = 1; i <= 5; i++) bob.say(`@Ada news ${i}`);
    await page.locator(".pill", { hasText: "5 new messages" }).waitFor();
    await keep("pill");
    await page.locator(".pill").click();
    await page.locator(".pill").waitFor({ state: "detached" });

    const last = page.locator(".message", { hasText: "news 5" });
    if (!isPhone) {
      await last.hover();
      await last.getByRole("button", { name: "React" }).click();
      await page.locator(".emoji-picker button").first().waitFor();
      await keep("emoji");
      await page.keyboard.press("Escape");
      await last.hover();
      await keep("tools");
      await last.getByRole("button", { name: "Reply" }).click();
    } else {
      await last.dispatchEvent("touchstart", {
        touches: [],
        targetTouches: [],
        changedTouches: [],
      });
      await page.getByRole("dialog", { name: "Actions" }).waitFor();
      await keep("message-sheet");
      await page.getByRole("button", { name: "Reply" }).click();
    }
    await page.locator(".composer textarea").fill("An answer of\nseveral lines,\nnot sent yet");
    await keep("replying");
    await page.keyboard.press("Escape");
    await page.locator(".composer textarea").fill("");

    // A group of mine, with somebody to do something with.
    bob.send({ type: "message", room: "@Ada", content: "psst" });
    await openRooms();
    await page.getByRole("button", { name: "New group" }).click();
    await page.getByLabel("Name of the room").fill("garden-party");
    await page.getByLabel("Title").fill("The garden party of the whole neighbourhood in June");
    await page.getByLabel("Topic").fill(
      "Who brings what? Cake, salad, chairs, and the good weather.",
    );
    await page.getByLabel("Invite").fill("Bob");
    await page.getByRole("button", { name: "Create" }).click();
    await page.locator(".log-edge", { hasText: "beginning of The garden party" }).waitFor();
    await keep("group");
    await page.locator(".title-button").click();
    await page.getByRole("button", { name: "Dissolve" }).waitFor();
    await keep("owner");
    await close();
    await page.getByRole("button", { name: /^Members/ }).click();
    if (!isPhone) await page.getByRole("button", { name: /^Members/ }).click();
    await page.locator(".member", { hasText: "Bob" }).click();
    await page.getByRole("button", { name: "Hand the room over" }).waitFor();
    await keep("moderation");
    await page.getByRole("button", { name: "Ban", exact: true }).click();
    await page.getByRole("dialog", { name: "Ban" }).waitFor();
    await keep("ask");
    await close();
    await openRooms();
    await page.getByRole("button", { name: "Write to somebody" }).click();
    await page.locator(".choices .avatar").first().waitFor();
    await keep("direct");
    await close();
    await openRooms();
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByRole("button", { name: /^Keep this name/ }).click();
    await page.getByLabel("Password").waitFor();
    await keep("register");
    await close();

    await page.evaluate(() => location.hash = "#@Nobody");
    await page.locator(".log-edge", { hasText: "nobody of this name" }).waitFor();
    await keep("no-access");
    await page.evaluate(() => location.hash = "#@Bob");
    await ada.sees("psst");
    await keep("direct-room");

    // Off line: what was refused, what waits, and the strip.
    await page.evaluate(() => {
      const at = Date.now();
      const entry = { room: "lobby", tab: "another", at };
      const failed = { code: "muted", message: "" };
      localStorage.setItem(
        "hubbub:of:Ada:outbox:1",
        JSON.stringify({ ...entry, key: "1", content: "I was **refused**.", failed }),
      );
    });
    await page.evaluate(() => location.hash = "#lobby");
    await page.reload();
    await page.locator(".failure").waitFor();
    network.isDown = true;
    network.cut();
    await page.locator(".strip", { hasText: /Reconnecting in/ }).waitFor();
    await ada.say("Written off line, to be sent when the line is back.");
    await ada.say("And a second one.");
    await page.locator(".pending").nth(1).waitFor();
    await keep("offline");
    assertEquals(found, []);
  });
}
