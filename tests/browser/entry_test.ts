import { assertEquals } from "@std/assert";
import type { BrowserContext } from "playwright-core";
import { browserTest, Stage } from "./people.ts";

/** Keeps every script from a browser until the answer is called. */
async function holdScripts(context: BrowserContext): Promise<() => void> {
  const released = Promise.withResolvers<void>();
  await context.route("**/*.js", async (route) => {
    await released.promise;
    await route.continue();
  });
  return released.resolve;
}

for (
  const { locale, welcome, enter } of [
    { locale: "en-GB", welcome: "Come in and talk", enter: "Enter #lobby" },
    { locale: "zh-CN", welcome: "进来聊聊", enter: "进入 #lobby" },
  ]
) {
  browserTest(
    `the first page is there before its script, and keeps what is typed: ${locale}`,
    async () => {
      await using stage = await Stage.open();
      const { page, context } = await stage.visit("waiting", { locale, at: "readyz" });
      const release = await holdScripts(context);
      await page.goto(`${stage.server.http}/`, { waitUntil: "commit" });
      await page.getByRole("heading", { name: welcome }).waitFor();
      const button = page.getByRole("button", { name: enter });
      const name = page.locator("input[name=name]");
      assertEquals(await button.isDisabled(), true);
      await page.waitForFunction(() => document.activeElement?.matches("input[name=name]"));
      await page.keyboard.type("Ada");
      // Nobody listens yet: the form must not be sent as forms are without a script.
      await page.keyboard.press("Enter");
      await name.evaluate((input) => input.setAttribute("data-drawn", "by the server"));
      release();
      await page.locator("button[type=submit]:enabled").waitFor();
      assertEquals(await name.inputValue(), "Ada");
      assertEquals(await name.getAttribute("data-drawn"), "by the server", "drawn once, not twice");
      assertEquals(new URL(page.url()).search, "");
      await page.keyboard.press("Enter");
      await page.locator(".me-text").waitFor();
    },
  );
}

browserTest("the first page looks as it shall when nothing but itself has come", async () => {
  for (
    const { colorScheme, ground } of [
      { colorScheme: "light", ground: "rgb(246, 247, 249)" },
      { colorScheme: "dark", ground: "rgb(28, 31, 38)" },
    ] as const
  ) {
    await using stage = await Stage.open();
    const { page, context } = await stage.visit("waiting", { colorScheme, at: "readyz" });
    const asked: string[] = [];
    // Nothing else ever comes.
    await context.route("**/app/**", (route) => {
      asked.push(new URL(route.request().url()).pathname);
    });
    await page.goto(`${stage.server.http}/`, { waitUntil: "commit" });
    const card = page.locator(".entry-card");
    await card.waitFor();
    const look = (selector: string, property: string) =>
      page.locator(selector).evaluate(
        (element, property) => getComputedStyle(element).getPropertyValue(property),
        property,
      );
    assertEquals(await look(".entry", "background-color"), ground);
    assertEquals(await look(".entry-card", "border-radius"), "14px");
    assertEquals(asked.filter((path) => path.endsWith(".css")), []);
    assertEquals(await page.evaluate(() => document.styleSheets.length), 1);
  }
});

browserTest(
  "the browser refuses every style but the page's own, and every script in it",
  async () => {
    await using stage = await Stage.open();
    const refused: string[] = [];
    const { page } = await stage.visit("tampered", {
      allowed: /Content Security Policy|^CSP report/,
    });
    const allReported = page.waitForEvent("console", {
      predicate: (message) =>
        message.text().startsWith("CSP report") && refused.push(message.text()) === 4,
    });
    await page.locator("button[type=submit]:enabled").waitFor();
    const shown = await page.evaluate(() => {
      const own = document.querySelector("style")!;
      const put = (name: "style" | "script", content: string) => {
        const element = document.createElement(name);
        element.textContent = content;
        document.head.append(element);
        return element;
      };
      put("style", ".entry { display: none }");
      put("style", `${own.textContent} .entry { display: none }`);
      put("script", "document.querySelector('.entry').remove()");
      document.querySelector(".entry")!.setAttribute("style", "display: none");
      // The very text of the page's own is let in, wherever it stands.
      const again = put("style", own.textContent) as HTMLStyleElement;
      return {
        display: getComputedStyle(document.querySelector(".entry")!).display,
        again: again.sheet !== null,
      };
    });
    assertEquals(shown, { display: "flex", again: true });
    await allReported;
    assertEquals(refused, [
      "CSP report: style-src-elem inline",
      "CSP report: style-src-elem inline",
      "CSP report: script-src-elem inline",
      "CSP report: style-src-attr inline",
    ]);
  },
);

browserTest(
  "who has come in sees the chat at the next visit, and never the first page",
  async () => {
    await using stage = await Stage.open();
    const ada = await stage.enter("Ada");
    const release = await holdScripts(ada.context);
    await ada.page.reload({ waitUntil: "commit" });
    await ada.page.locator("#page").waitFor({ state: "attached" });
    assertEquals(await ada.page.locator("#page").innerHTML(), "");
    release();
    await ada.page.locator(".me-text").waitFor();
  },
);

browserTest(
  "a language chosen on the first page is kept, whatever the browser asks for",
  async () => {
    await using stage = await Stage.open();
    const { page } = await stage.visit("reader");
    await page.getByRole("button", { name: "中文" }).click();
    await page.getByRole("heading", { name: "进来聊聊" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "进来聊聊" }).waitFor();
    assertEquals(await page.locator("main").count(), 1);
    await page.getByRole("button", { name: "English" }).click();
    await page.getByRole("heading", { name: "Come in and talk" }).waitFor();
  },
);

browserTest("a link to a room names it on the first page, and leads there", async () => {
  await using stage = await Stage.open();
  const { page } = await stage.visit("guest", { at: "#garden" });
  await page.getByLabel("Name").fill("Gardener");
  await page.getByRole("button", { name: "Enter #garden" }).click();
  await page.locator(".room-title", { hasText: "garden" }).waitFor();
});

browserTest("a browser that keeps nothing for the page can come in and talk", async () => {
  await using stage = await Stage.open();
  const prepare = (context: BrowserContext) =>
    context.addInitScript(() => {
      Object.defineProperty(globalThis, "localStorage", {
        get() {
          throw new DOMException("The request was denied.", "SecurityError");
        },
      });
    });
  const { page } = await stage.visit("private", { prepare });
  await page.getByLabel("Name").fill("Nobody");
  await page.getByRole("button", { name: "Enter #lobby" }).click();
  await page.locator("textarea").fill("still heard");
  await page.keyboard.press("Enter");
  await page.locator(".message .body", { hasText: "still heard" }).waitFor();
  assertEquals(await page.locator(".failed").count(), 0);
});

browserTest(
  "the cookie of an account's session is enough to be let in, whoever set it",
  async () => {
    await using stage = await Stage.open();
    const prepare = async (context: BrowserContext) => {
      const login = { name: "Ada", password: "correct horse", cookie: true };
      await context.request.post(`${stage.server.http}/api/accounts`, { data: login });
    };
    const { page } = await stage.visit("Ada", { prepare, at: "#garden" });
    await page.locator(".me-text", { hasText: "Ada" }).waitFor();
    await page.locator(".room-title", { hasText: "garden" }).waitFor();
  },
);

browserTest(
  "a guest's cookie alone leads to the entry: the name may be another's by now",
  async () => {
    await using stage = await Stage.open();
    const prepare = async (context: BrowserContext) => {
      const data = { name: "Ada", cookie: true };
      await context.request.post(`${stage.server.http}/api/guests`, { data });
    };
    const { page } = await stage.visit("Ada", { prepare });
    await page.getByRole("button", { name: "Enter #lobby" }).waitFor();
  },
);

browserTest("a session's cookie that is worth nothing leads to the entry", async () => {
  await using stage = await Stage.open();
  const prepare = async (context: BrowserContext) => {
    const { host, hostname } = new URL(stage.server.http);
    const name = `hubbub-${host.split(":")[1]}`;
    await context.addCookies([{ name, value: "stale", domain: hostname, path: "/" }]);
  };
  const { page } = await stage.visit("stranger", {
    prepare,
    allowed: /^Failed to load resource: .* 401 /,
  });
  await page.getByRole("button", { name: "Enter #lobby" }).waitFor();
});

browserTest(
  "a theme that was chosen is there before the script, for strangers and inside",
  async () => {
    await using stage = await Stage.open();
    const { page, context } = await stage.enter("Ada", { colorScheme: "light" });
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByRole("button", { name: "Dark" }).click();
    await page.locator("html[data-theme=dark]").waitFor({ state: "attached" });
    const release = await holdScripts(context);
    const look = async () => {
      await page.reload({ waitUntil: "commit" });
      await page.locator("noscript").waitFor({ state: "attached" });
      return await page.evaluate(() => ({
        theme: document.documentElement.dataset["theme"],
        ground: getComputedStyle(document.body).backgroundColor,
        frame: document.querySelector("meta[name=theme-color]")?.getAttribute("content"),
        isDrawn: document.querySelector(".entry") !== null,
      }));
    };
    const dark = { theme: "dark", ground: "rgb(22, 24, 29)", frame: "#16181d" };
    assertEquals(await look(), { ...dark, isDrawn: false });
    const session = (await context.cookies()).find(({ httpOnly }) => httpOnly);
    await context.clearCookies({ name: session!.name });
    assertEquals(await look(), { ...dark, isDrawn: true });
    await context.clearCookies();
    assertEquals((await look()).theme, undefined, "without its cookie, as the system has it");
    release();
  },
);
