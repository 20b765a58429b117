import { assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { withAdministrator } from "./administrator.ts";
import { browserTest, type Person, Stage } from "./people.ts";

async function makeGroup({ page }: Person, name: string, invite: string): Promise<void> {
  await page.getByRole("button", { name: "New group" }).click();
  await page.getByLabel("Name of the room").fill(name);
  await page.getByLabel("Invite").fill(invite);
  await page.getByRole("button", { name: "Create" }).click();
  await page.locator(".title-button", { hasText: name }).waitFor();
  await page.locator(".log[aria-busy=false]").waitFor();
}

async function openRoom({ page }: Person, name: string): Promise<void> {
  await page.locator(".sidebar a", { hasText: name }).click();
  await page.locator(".title-button", { hasText: name }).waitFor();
  await page.locator(".log[aria-busy=false]").waitFor();
}

const memberOf = (page: Page, name: string) => page.locator(".members .member", { hasText: name });

/** What the mouse does with somebody. */
async function act({ page }: Person, name: string, action: string): Promise<void> {
  await memberOf(page, name).click();
  await page.getByRole("button", { name: action, exact: true }).click();
}

const confirm = ({ page }: Person) => page.locator("dialog .buttons .primary").click();
const noteOf = ({ page }: Person, words: string) =>
  page.locator(".note", { hasText: words }).first().waitFor();

browserTest(
  "a group is made, joined by invitation, renamed, and left by being removed",
  async () => {
    await using stage = await Stage.open();
    const ada = await stage.enter("Ada");
    const bob = await stage.enter("Bob");
    await makeGroup(ada, "plans", "Bob");
    await ada.say("secret");
    const link = bob.page.locator(".sidebar a", { hasText: "plans" });
    await link.locator(".badge").waitFor();
    await link.click();
    await bob.sees("secret");

    await ada.page.locator(".title-button").click();
    await ada.page.getByLabel("Title").fill("Big plans");
    await ada.page.getByLabel("Icon").fill("🗺️");
    await ada.page.getByRole("button", { name: "Save" }).click();
    await bob.page.locator(".title-button", { hasText: "Big plans" }).locator(".room-emoji")
      .waitFor();

    await act(ada, "Bob", "Remove from the room");
    await confirm(ada);
    await bob.page.locator(".log-edge", { hasText: "not a member" }).waitFor();
    assertEquals(await bob.page.locator(".composer, .message").count(), 0);

    // Back again by an invitation, without a reload: all that was said is there.
    await ada.say("and another secret");
    await ada.page.locator(".title-button").click();
    await ada.page.getByLabel("Invite").fill("Bob");
    await ada.page.getByRole("button", { name: "Invite" }).click();
    await bob.sees("and another secret");
    assertEquals(await bob.messages(), ["secret", "and another secret"]);
  },
);

browserTest("a moderator is made, mutes, unmutes, bans and lifts the ban", async () => {
  await using stage = await Stage.open();
  const [ada, bob, cyd] = [
    await stage.enter("Ada"),
    await stage.enter("Bob"),
    await stage.enter("Cyd"),
  ];
  await makeGroup(ada, "team", "Bob Cyd");
  await openRoom(bob, "team");
  await openRoom(cyd, "team");
  await cyd.say("hello");
  await bob.sees("hello");

  await act(ada, "Bob", "Make moderator");
  await confirm(ada);
  await memberOf(cyd.page, "Bob").locator(".role", { hasText: "moderator" }).waitFor();

  await act(bob, "Cyd", "Mute for 10 minutes");
  await noteOf(cyd, "Bob muted Cyd");
  await cyd.say("can you hear me?");
  await cyd.page.locator(".failure", { hasText: "You are muted" }).waitFor();
  await act(bob, "Cyd", "Let speak again");
  await noteOf(cyd, "let Cyd speak again");
  await cyd.page.locator(".failure button", { hasText: "Retry" }).click();
  await bob.sees("can you hear me?");
  await cyd.page.locator(".failure").waitFor({ state: "detached" });

  await act(bob, "Cyd", "Ban");
  await confirm(bob);
  await cyd.page.locator(".log-edge", { hasText: "banned" }).waitFor();
  await memberOf(bob.page, "Cyd").waitFor({ state: "detached" });
  // Who is not in the list is found by what they said.
  await bob.page.locator(".sender", { hasText: "Cyd" }).first().click();
  await bob.page.getByRole("button", { name: "Lift a ban" }).click();
  await noteOf(bob, "let Cyd back in");
  await ada.page.locator(".title-button").click();
  await ada.page.getByLabel("Invite").fill("Cyd");
  await ada.page.getByRole("button", { name: "Invite" }).click();
  await cyd.sees("can you hear me?");
});

browserTest("by keys alone a room is handed over, left, and dissolved", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada");
  const bob = await stage.enter("Bob");
  await makeGroup(ada, "keys", "Bob");
  await openRoom(bob, "keys");

  /** Presses Tab until the focus is on what has this name, as people without a mouse do. */
  const tabTo = async (page: Page, name: string) => {
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press("Tab");
      const focused = await page.evaluate(() => document.activeElement?.textContent ?? "");
      if (focused.includes(name)) return;
    }
    throw new Error(`expected ${name} within 60 presses of Tab`);
  };
  const { page } = ada;
  await tabTo(page, "Bob");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await tabTo(page, "Hand the room over");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "Hand the room over" }).waitFor();
  await tabTo(page, "Hand the room over");
  await page.keyboard.press("Enter");
  await memberOf(bob.page, "Bob").locator(".role", { hasText: "owner" }).waitFor();
  await memberOf(page, "Bob").locator(".role", { hasText: "owner" }).waitFor();

  await page.locator(".title-button").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await tabTo(page, "Leave");
  await page.keyboard.press("Enter");
  await page.locator(".sidebar a", { hasText: "keys" }).waitFor({ state: "detached" });
  await noteOf(bob, "Ada left");

  await bob.page.locator(".title-button").focus();
  await bob.page.keyboard.press("Enter");
  await bob.page.getByRole("dialog").waitFor();
  await tabTo(bob.page, "Dissolve");
  await bob.page.keyboard.press("Enter");
  await bob.page.getByRole("dialog", { name: "Dissolve for everyone" }).waitFor();
  await tabTo(bob.page, "Dissolve");
  await bob.page.keyboard.press("Enter");
  await bob.page.locator(".log-edge", { hasText: "no such room" }).waitFor();
  // It would be made anew, and be everybody's.
  assertEquals(await bob.page.getByRole("button", { name: "Retry" }).count(), 0);
});

browserTest(
  "a public room with an owner: who is banned stays out until the ban is lifted",
  async () => {
    await using stage = await Stage.open();
    const ada = await stage.enter("Ada");
    await ada.page.getByRole("button", { name: "New group" }).click();
    await ada.page.getByRole("button", { name: "Public: anyone may join" }).click();
    await ada.page.getByLabel("Name of the room").fill("court");
    await ada.page.getByLabel("Topic").fill("All rise");
    await ada.page.getByRole("button", { name: "Create" }).click();
    await ada.page.locator(".topic", { hasText: "All rise" }).waitFor();
    const bob = await stage.enter("Bob", { at: "#court" });
    await bob.say("objection");
    await ada.sees("objection");
    await act(ada, "Bob", "Ban");
    await confirm(ada);
    await bob.page.locator(".log-edge", { hasText: "banned" }).waitFor();
    await bob.page.getByRole("button", { name: "Retry" }).click();
    await bob.page.locator(".log-edge", { hasText: "banned" }).waitFor();
    await memberOf(ada.page, "Bob").waitFor({ state: "detached" });
    await ada.page.locator(".sender", { hasText: "Bob" }).click();
    await ada.page.getByRole("button", { name: "Lift a ban" }).click();
    await noteOf(ada, "let Bob back in");
    await bob.page.getByRole("button", { name: "Retry" }).click();
    await bob.sees("objection");
  },
);

browserTest("who is blocked is told so, and heard again when that ends", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada");
  const bob = await stage.enter("Bob");
  await act(ada, "Bob", "Block direct messages");
  await confirm(ada);
  await act(bob, "Ada", "Write a direct message");
  await bob.page.locator(".title-button", { hasText: "Ada" }).waitFor();
  await bob.say("hello?");
  await bob.page.locator(".failure", { hasText: "does not take messages" }).waitFor();
  await act(ada, "Bob", "Unblock direct messages");
  await ada.page.locator("dialog").waitFor({ state: "detached" });
  await bob.page.locator(".failure button", { hasText: "Retry" }).click();
  await ada.page.locator(".sidebar a", { hasText: "Bob" }).locator(".badge.calling").click();
  await ada.sees("hello?");
});

browserTest("an administrator takes care of a lobby that nobody owns", async () => {
  await withAdministrator(async (stage, chief) => {
    const { page } = chief;
    await page.evaluate(() => localStorage.setItem("hubbub:user", JSON.stringify("Chief")));
    await page.reload();
    await page.locator(".log[aria-busy=false]").waitFor();
    const bob = await stage.enter("Bob");
    const mallory = await stage.enter("Mallory");
    await mallory.say("spam");
    await bob.sees("spam");
    await memberOf(bob.page, "Mallory").click();
    const choices = bob.page.getByRole("dialog").locator(".choices button");
    assertEquals(await choices.allInnerTexts(), [
      "Write a direct message",
      "Mention",
      "Block direct messages",
    ]);
    await bob.page.keyboard.press("Escape");

    await page.locator(".message", { hasText: "spam" }).hover();
    await page.locator(".message", { hasText: "spam" }).getByRole("button", { name: "Delete" })
      .click();
    await confirm(chief);
    await bob.page.locator(".message .body", { hasText: "spam" }).waitFor({ state: "detached" });
    await act(chief, "Mallory", "Ban");
    await confirm(chief);
    await mallory.page.locator(".log-edge", { hasText: "banned" }).waitFor();
    await page.locator(".title-button").click();
    await page.getByLabel("Topic").fill("Be kind");
    await page.getByRole("button", { name: "Save" }).click();
    await bob.page.locator(".topic", { hasText: "Be kind" }).waitFor();

    // The room is handed on by somebody who never had it, and by who had it.
    const cyd = await stage.enter("Cyd");
    await act(chief, "Bob", "Make owner");
    await confirm(chief);
    await act(bob, "Cyd", "Hand the room over");
    await confirm(bob);
    for (const { page } of [chief, bob, cyd]) {
      await memberOf(page, "Cyd").locator(".role", { hasText: "owner" }).waitFor();
      await memberOf(page, "Bob").locator(".role", { hasText: "moderator" }).waitFor();
    }
    await memberOf(bob.page, "Cyd").click();
    await bob.page.getByRole("dialog").waitFor();
    assertEquals(await bob.page.getByRole("button", { name: "Make moderator" }).count(), 0);
    await bob.page.keyboard.press("Escape");
    await memberOf(bob.page, "Chief").click();
    assertEquals(await bob.page.getByRole("button", { name: "Hand the room over" }).count(), 0);
  });
});
