import { assertEquals, assertMatch } from "@std/assert";
import type { Page } from "playwright-core";
import { Client } from "../chat/chat_client.ts";
import { withAdministrator } from "./administrator.ts";
import { browserTest, type Person, Stage } from "./people.ts";

/** The observer's page, before an administrator. */
function withObserver(
  run: (stage: Stage, chief: Person) => Promise<void>,
  colorScheme: "light" | "dark" = "light",
): Promise<void> {
  return withAdministrator(async (stage, chief) => {
    await chief.page.goto(`${stage.server.http}/observer`);
    await run(stage, chief);
  }, { colorScheme });
}

/** The first cell of each row, as it stands there. */
const names = (page: Page) => page.locator("tbody th").allInnerTexts();

browserTest("an administrator sees the living actors, and sees them come and go", async () => {
  await withObserver(async (stage, { page }) => {
    await page.locator("th", { hasText: "archive" }).waitFor();
    assertEquals(await names(page), ["archive", "switchboard"]);
    {
      await using alice = await Client.connect(stage.server, "Alice");
      await alice.join("lobby");
      await page.locator("th", { hasText: "hub lobby" }).waitFor();
      const shown = await names(page);
      assertEquals(shown.slice(0, 4), ["archive", "switchboard", "hub × 1", "hub lobby"]);
      assertEquals(shown.filter((name) => / × /.test(name)), [
        "hub × 1",
        "reader × 1",
        "writer × 1",
      ]);
      for (let count = 0; count < 20; count++) await alice.say("lobby", `message ${count}`);
      await page.locator("tr", { hasText: "hub lobby" }).getByText(/^[1-9]/).first().waitFor();
    }
    await page.getByRole("button", { name: "reader × 1" }).waitFor({ state: "detached" });
  });
});

browserTest("a kind can be folded, and a crowd is shown by its busiest", async () => {
  await withObserver(async (stage, { page }) => {
    const crowd = await Promise.all(
      Array.from({ length: 60 }, (_, index) => Client.connect(stage.server, `Guest${index}`)),
    );
    const readers = page.getByRole("button", { name: "reader × 60" });
    await readers.waitFor();
    const rows = page.locator("tbody th .name", { hasText: /^reader / });
    assertEquals(await rows.count(), 10);
    await page.getByRole("button", { name: "Show 40 more" }).first().click();
    assertEquals(await rows.count(), 50);
    await page.getByText("the busiest 50 of 60 are listed").first().waitFor();
    await readers.click();
    assertEquals(await rows.count(), 0);
    assertEquals(await readers.getAttribute("aria-expanded"), "false");
    for (const client of crowd) await client.close();
  });
});

browserTest("paused, the page asks no more; it goes on when it is told to", async () => {
  await withObserver(async (stage, { page }) => {
    await page.locator("th", { hasText: "archive" }).waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText("Paused").waitFor();
    await using _alice = await Client.connect(stage.server, "Alice");
    let asked = 0;
    page.on("request", (request) => asked += request.url().includes("/api/actors") ? 1 : 0);
    await page.waitForTimeout(2_500);
    assertEquals(asked, 0);
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("button", { name: "reader × 1" }).waitFor();
  });
});

browserTest("a page that nobody may see says who may, and shows nothing", async () => {
  await using stage = await Stage.open();
  const guest = await stage.visit("Guest", { at: "observer", allowed: /status of 401/ });
  await guest.page.getByText("This page is for administrators.").waitFor();
  assertEquals(await guest.page.locator("table").count(), 0);
});

browserTest("the observer follows the system's theme", async () => {
  await withObserver(async (_stage, { page }) => {
    await page.locator("th", { hasText: "archive" }).waitFor();
    assertEquals(await page.locator("html").getAttribute("data-theme"), "dark");
    const colour = await page.locator("body").evaluate((body) => getComputedStyle(body).color);
    assertMatch(colour, /^rgb\(2\d\d, 2\d\d, 2\d\d\)$/);
    await page.emulateMedia({ colorScheme: "light" });
    await page.locator("html[data-theme=light]").waitFor();
  }, "dark");
});
