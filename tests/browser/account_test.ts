import { assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { browserTest, Stage } from "./people.ts";

const PASSWORD = "correct horse battery";

async function openAccount(page: Page, button: string): Promise<void> {
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("button", { name: button, exact: true }).click();
}

browserTest("an account is made, left and entered again", async () => {
  await using stage = await Stage.open();
  const { page } = await stage.visit("Ada", { allowed: /status of 401/ });
  const submit = page.locator("button[type=submit]");
  await page.getByRole("button", { name: "Register" }).click();
  await page.getByLabel("Name").fill("Ada");
  await page.getByLabel("Password").fill(PASSWORD);
  await submit.click();
  await page.locator(".me-text", { hasText: "Online" }).waitFor();

  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByLabel("Name").fill("Ada");
  await page.getByLabel("Password").fill("wrong horse battery");
  await submit.click();
  await page.locator(".problem", { hasText: "password" }).waitFor();
  await page.getByLabel("Password").fill(PASSWORD);
  await submit.click();
  await page.locator(".me-text", { hasText: "Online" }).waitFor();
});

browserTest(
  "a guest becomes an account, changes the password, and deletes the account",
  async () => {
    await using stage = await Stage.open();
    const { page } = await stage.enter("Ada", { allowed: /status of (401|403)/ });
    await openAccount(page, "Keep this name: make an account");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.locator("dialog button[type=submit]").click();
    await page.locator(".me-text", { hasText: "Online" }).waitFor();

    await openAccount(page, "Account");
    await page.getByLabel("Present password").fill("wrong horse battery");
    await page.getByLabel("New password").fill("staple staple staple");
    await page.getByRole("button", { name: "Change password" }).click();
    await page.locator(".problem:not(:empty)").waitFor();
    await page.getByLabel("Present password").fill(PASSWORD);
    await page.getByRole("button", { name: "Change password" }).click();
    await page.locator(".notice", { hasText: "password was changed" }).waitFor();

    await openAccount(page, "Account");
    await page.getByLabel("Present password").fill("staple staple staple");
    await page.getByRole("button", { name: "Delete the account" }).click();
    await page.getByRole("button", { name: "Yes" }).click();
    await page.getByLabel("Name").waitFor();
  },
);

browserTest("a browser that lost its session is asked for a name again", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada");
  await ada.context.clearCookies();
  await ada.page.reload();
  await ada.page.getByLabel("Name").waitFor();
});

browserTest("a name that is taken is told, and another one gets in", async () => {
  await using stage = await Stage.open();
  await stage.enter("Ada");
  const { page } = await stage.visit("Ada", { allowed: /status of 409/ });
  await page.getByLabel("Name").fill("Ada");
  await page.keyboard.press("Enter");
  await page.locator(".problem", { hasText: "taken" }).waitFor();
  await page.getByLabel("Name").fill("Ada2");
  await page.keyboard.press("Enter");
  await page.locator(".composer textarea").waitFor();
});

browserTest("who logs out leaves nothing on the machine for who comes next", async () => {
  await using stage = await Stage.open();
  // The end of the session may come over the line before the answer to its request does.
  const { page } = await stage.enter("Ada", { allowed: /status of 401/ });
  const box = page.locator(".composer textarea");
  await box.fill("a secret draft");
  await page.evaluate(() => location.hash = "#den");
  await page.locator(".title-button", { hasText: "den" }).waitFor();
  await page.waitForFunction(() => Object.keys(localStorage).some((key) => key.includes("draft")));
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("Name").fill("Eve");
  const kept = await page.evaluate(() => JSON.stringify(localStorage));
  assertEquals(kept.match(/Ada|secret|den/g), null);
  await page.keyboard.press("Enter");
  await page.locator(".me-text b", { hasText: "Eve" }).waitFor();
  await page.locator(".sidebar a", { hasText: "den" }).waitFor();
  await page.evaluate(() => location.hash = "#lobby");
  await page.locator(".title-button", { hasText: "lobby" }).waitFor();
  assertEquals(await box.inputValue(), "");
});

browserTest(
  "a bad name or password is told in the page's words, and no password is shown",
  async () => {
    await using stage = await Stage.open();
    const { page } = await stage.visit("Ada", { locale: "zh-CN", allowed: /status of 40[03]/ });
    const problem = page.locator(".problem");
    const submit = page.locator(".primary[type=submit]");
    const says = async (words: string) => {
      await submit.click();
      await problem.filter({ hasText: words }).waitFor();
      assertEquals((await problem.innerText()).match(/[a-z]{3,}/i), null);
    };
    await page.getByLabel("名字").fill("   ");
    await says("这个名字不能用");

    await page.getByRole("button", { name: "注册" }).click();
    await page.getByLabel("名字").fill("Ada-Lovelace");
    await page.getByLabel("密码").fill("secret");
    await says("密码要有 8 到 256 个字符");
    // Only the server can tell.
    await page.getByLabel("密码").fill("ada-lovelace");
    await says("不能和名字一样");
    await page.getByLabel("密码").fill(PASSWORD);
    await submit.click();
    await page.locator(".me-text", { hasText: "在线" }).waitFor();

    await page.getByRole("button", { name: "设置" }).click();
    await page.getByRole("button", { name: "账号" }).click();
    await page.getByLabel("当前密码").fill("wrong horse battery");
    await page.getByLabel("新密码").fill("secret");
    await says("密码要有 8 到 256 个字符");
    await page.getByLabel("新密码").fill("staple staple staple");
    await says("密码不对");
  },
);
