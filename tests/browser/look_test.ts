import { assert, assertEquals, assertLess } from "@std/assert";
import { complaints, LOOKS, picture } from "./inspect.ts";
import { browserTest, Stage } from "./people.ts";
import { setScene } from "./scene.ts";

for (const { look, isPhone, options } of LOOKS) {
  browserTest(`axe finds nothing to complain about: ${look}`, async () => {
    await using stage = await Stage.open();
    const found: string[] = [];
    const visitor = await stage.visit("visitor", options);
    await visitor.page.locator("input[name=name]").waitFor();
    found.push(...await complaints(visitor.page, "entry"));
    await picture(visitor.page, `${look}-entry`);

    const { page } = await setScene(stage, options);
    found.push(...await complaints(page, "room"));
    await picture(page, look);

    const show = async (name: string, selector = "dialog[open]") => {
      await page.locator(selector).first().waitFor();
      // As it is when it has come in.
      await page.waitForFunction(() => document.getAnimations().length === 0);
      found.push(...await complaints(page, name));
      await picture(page, `${look}-${name}`);
      await page.keyboard.press("Escape");
      await page.locator("dialog[open]").waitFor({ state: "detached" });
    };
    if (isPhone) {
      await page.getByRole("button", { name: /^Open rooms/ }).click();
      await show("rooms");
      await page.getByRole("button", { name: /^Members/ }).click();
      await show("members");
    }
    await page.keyboard.press("Control+k");
    await page.keyboard.type("e");
    await show("switcher");
    await page.keyboard.press("Control+/");
    await show("help");
    await page.keyboard.press("Control+Shift+F");
    await page.getByRole("searchbox").fill("test");
    await show("search", ".results li");
    await page.locator(".title-button").click();
    await show("room-card");
    await page.locator(".message.head .sender").first().click();
    await show("member");
    if (isPhone) await page.getByRole("button", { name: /^Open rooms/ }).click();
    await page.getByRole("button", { name: "Settings" }).click();
    await show("settings", "dialog[open] fieldset");
    for (
      const [button, name] of [["Join or make a room", "join"], ["New group", "group"]] as const
    ) {
      if (isPhone) await page.getByRole("button", { name: /^Open rooms/ }).click();
      await page.getByRole("button", { name: button }).click();
      await show(name, "dialog[open] .field");
    }
    assertEquals(found, []);
  });
}

browserTest("the page speaks Chinese where the browser does, and changes when asked", async () => {
  await using stage = await Stage.open();
  const { page } = await stage.visit("陈伟", { locale: "zh-CN" });
  await page.getByRole("button", { name: "进入 #lobby" }).waitFor();
  assertEquals(await page.evaluate(() => document.documentElement.lang), "zh-Hans");
  await page.locator("input[name=name]").fill("陈伟");
  await page.getByRole("button", { name: "进入 #lobby" }).click();
  await page.getByPlaceholder("发消息到 #lobby").fill("你好");
  await page.keyboard.press("Enter");
  await page.locator(".day", { hasText: "今天" }).waitFor();
  await picture(page, "1280-light-zh");
  await page.getByRole("button", { name: "设置" }).click();
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("dialog", { name: "Settings" }).waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".day", { hasText: "Today" }).waitFor();
});

browserTest("the first load is small: at most 45 KB in at most 2 requests", async () => {
  await using stage = await Stage.open();
  const { page, context } = await stage.visit("warm-up");
  await page.close();
  const fresh = await context.newPage();
  stage.watch("fresh", fresh);
  const client = await context.newCDPSession(fresh);
  await client.send("Network.enable");
  let bytes = 0;
  const requests: string[] = [];
  client.on("Network.requestWillBeSent", ({ request }) => {
    if (!request.url.startsWith("data:")) requests.push(new URL(request.url).pathname);
  });
  client.on("Network.loadingFinished", ({ encodedDataLength }) => bytes += encodedDataLength);
  await client.send("Network.setCacheDisabled", { cacheDisabled: true });
  // gzip, as the budget is written; browsers get brotli, which is smaller.
  await client.send("Network.setExtraHTTPHeaders", { headers: { "accept-encoding": "gzip" } });
  await fresh.goto(`${stage.server.http}/`);
  await fresh.locator("input[name=name]").waitFor();
  await fresh.waitForLoadState("networkidle");
  console.log(`  ${(bytes / 1000).toFixed(1)} KB with headers in ${requests.length} requests`);
  assert(requests.length <= 2, requests.join(" "));
  assertLess(bytes, 45_000);
});

browserTest("everything that a talk needs is at most 54 KB", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada");
  const urls = await ada.page.evaluate(() =>
    [location.origin + "/"].concat(
      performance.getEntriesByType("resource").map(({ name }) => name)
        .filter((name) => !name.includes("/api/") && !name.startsWith("data:")),
    )
  );
  let bytes = 0;
  for (const url of urls) {
    // As Ada, who is in: the page of a stranger holds its style sheet, hers names it.
    const response = await ada.context.request.get(url);
    const zipped = new Blob([new Uint8Array(await response.body())]).stream()
      .pipeThrough(new CompressionStream("gzip"));
    bytes += (await new Response(zipped).arrayBuffer()).byteLength;
  }
  console.log(`  ${(bytes / 1000).toFixed(1)} KB gzipped in ${urls.length} files`);
  assertLess(bytes, 54_000);
});
