import { assertEquals, assertMatch } from "@std/assert";
import { browserTest, Stage } from "./people.ts";

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

browserTest("a name that is taken is told, and another one gets in", async () => {
  await using stage = await Stage.open();
  await stage.enter("Ada");
  const other = await stage.visit("Ada", { allowed: /status of 409/ });
  await other.page.locator("input[name=name]").fill("Ada");
  await other.page.keyboard.press("Enter");
  await other.page.locator(".problem", { hasText: "taken" }).waitFor();
  await other.page.locator("input[name=name]").fill("Ada2");
  await other.page.keyboard.press("Enter");
  await other.page.locator(".composer textarea").waitFor();
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

browserTest("an account is made, left and entered again", async () => {
  await using stage = await Stage.open();
  const ada = await stage.visit("Ada", { allowed: /status of 401/ });
  const { page } = ada;
  await page.getByRole("button", { name: "Register" }).click();
  await page.locator("input[name=name]").fill("Ada");
  await page.locator("input[name=password]").fill("correct horse battery");
  await page.locator("button[type=submit]").click();
  await page.locator(".composer textarea").waitFor();
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("button", { name: "Log in" }).click();
  await page.locator("input[name=name]").fill("Ada");
  await page.locator("input[name=password]").fill("wrong horse battery");
  await page.locator("button[type=submit]").click();
  await page.locator(".problem", { hasText: "password" }).waitFor();
  await page.locator("input[name=password]").fill("correct horse battery");
  await page.locator("button[type=submit]").click();
  await page.locator(".composer textarea").waitFor();
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
  assertMatch(await ada.page.title(), /^\(1\)/);
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
  await ada.page.getByRole("button", { name: "Yes" }).click();
  await bob.page.locator(".body.deleted").waitFor();
});

browserTest(
  "a group is made, joined by invitation, renamed, and left by being removed",
  async () => {
    await using stage = await Stage.open();
    const ada = await stage.enter("Ada");
    const bob = await stage.enter("Bob");
    await ada.page.getByRole("button", { name: "New group" }).click();
    await ada.page.getByLabel("Name of the room").fill("plans");
    await ada.page.getByLabel("Invite").fill("Bob");
    await ada.page.getByRole("button", { name: "Create" }).click();
    await ada.page.locator(".title-button", { hasText: "plans" }).waitFor();
    await ada.say("secret");
    const link = bob.page.locator(".sidebar a", { hasText: "plans" });
    await link.locator(".badge").waitFor();
    await link.click();
    await bob.sees("secret");

    await ada.page.locator(".title-button").click();
    await ada.page.getByLabel("Title").fill("Big plans");
    await ada.page.getByRole("button", { name: "Save" }).click();
    await bob.page.locator(".title-button", { hasText: "Big plans" }).waitFor();

    await ada.page.locator(".members .member", { hasText: "Bob" }).click();
    await ada.page.getByRole("button", { name: "Remove from the room" }).click();
    await ada.page.getByRole("button", { name: "Yes" }).click();
    await bob.page.locator(".log-edge", { hasText: "not a member" }).waitFor();
    assertEquals(await bob.page.locator(".composer").count(), 0);
  },
);

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
  await ada.page.locator(".results li", { hasText: "很好" }).locator("button").click();
  await ada.page.locator(".message.target", { hasText: "很好" }).waitFor();
});

browserTest("script and markup in every field stay text", async () => {
  await using stage = await Stage.open();
  const evil = `<img src=x onerror="window.owned=1"><script>window.owned=1</script>`;
  const ada = await stage.enter("Ada");
  const bob = await stage.enter("Bob");
  await ada.say(evil);
  await ada.say(`[click](javascript:window.owned=1) ${evil} \`${evil}\``);
  await ada.say("```\n" + evil + "\n```");
  await bob.sees("onerror");
  await ada.page.getByRole("button", { name: "New group" }).click();
  await ada.page.getByLabel("Name of the room").fill("evil");
  await ada.page.getByLabel("Title").fill(evil.slice(0, 100));
  await ada.page.getByLabel("Topic").fill(evil);
  await ada.page.getByLabel("Invite").fill("Bob");
  await ada.page.getByRole("button", { name: "Create" }).click();
  await ada.page.locator(".topic", { hasText: "onerror" }).waitFor();
  await ada.say(evil);
  await bob.page.locator(".sidebar a", { hasText: "onerror" }).click();
  await bob.page.locator(".topic", { hasText: "onerror" }).waitFor();
  for (const { page } of [ada, bob]) {
    assertEquals(await page.locator("#page img, #page script, a[href^=javascript]").count(), 0);
    assertEquals(await page.evaluate(() => "owned" in globalThis), false);
  }
});

browserTest("a browser that lost its session is asked for a name again", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada");
  await ada.say("hello");
  await ada.context.clearCookies();
  await ada.page.reload();
  await ada.page.locator("input[name=name]").waitFor();
});

browserTest(
  "a guest becomes an account, changes the password, and deletes the account",
  async () => {
    await using stage = await Stage.open();
    const { page } = await stage.enter("Ada", { allowed: /status of (401|403)/ });
    const account = async (name: string) => {
      await page.getByRole("button", { name: "Settings" }).click();
      await page.getByRole("button", { name, exact: true }).click();
    };
    await account("Keep this name: make an account");
    await page.locator("input[name=password]").fill("correct horse battery");
    await page.locator("dialog button[type=submit]").click();
    await page.locator(".me-text", { hasText: "Online" }).waitFor();

    await account("Account");
    await page.getByLabel("Present password").fill("wrong horse battery");
    await page.getByLabel("New password").fill("staple staple staple");
    await page.getByRole("button", { name: "Change password" }).click();
    await page.locator(".problem:not(:empty)").waitFor();
    await page.getByLabel("Present password").fill("correct horse battery");
    await page.getByRole("button", { name: "Change password" }).click();
    await page.locator(".notice", { hasText: "password was changed" }).waitFor();

    await account("Account");
    await page.getByLabel("Present password").fill("staple staple staple");
    await page.getByRole("button", { name: "Delete the account" }).click();
    await page.getByRole("button", { name: "Yes" }).click();
    await page.locator("input[name=name]").waitFor();
  },
);

browserTest("who asked for it is notified of mentions while looking elsewhere", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada");
  const { page } = ada;
  await ada.context.grantPermissions(["notifications"]);
  await page.evaluate(() => {
    const shown: string[] = [];
    class Recorded {
      static readonly permission = "granted";
      static requestPermission = () => Promise.resolve("granted");
      onclick: (() => void) | null = null;
      constructor(title: string, { body }: { body: string }) {
        shown.push(`${title}: ${body}`);
      }
      close() {}
    }
    Object.assign(globalThis, { Notification: Recorded, shown });
  });
  const bob = await stage.enter("Bob");
  const away = (isAway: boolean) =>
    page.evaluate((isAway) => {
      Object.defineProperty(document, "hasFocus", { value: () => !isAway, configurable: true });
      dispatchEvent(new Event(isAway ? "blur" : "focus"));
    }, isAway);
  await away(true);
  await bob.say("@Ada not yet asked for");
  await ada.sees("not yet asked for");
  await away(false);
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByLabel("Notifications").check();
  await page.keyboard.press("Escape");
  await bob.say("@Ada looking at it");
  await ada.sees("looking at it");
  await away(true);
  await bob.say("nobody in particular");
  await bob.say("@Ada are you there?");
  await ada.sees("are you there?");
  assertEquals(
    await page.evaluate(() => (globalThis as unknown as { shown: string[] }).shown),
    ["Bob · lobby: @Ada are you there?"],
  );
});
