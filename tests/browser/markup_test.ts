import { assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { browserTest, type Person, Stage } from "./people.ts";
import { sender } from "./sender.ts";

/** As it is written in the fields; each of them would set `owned` if it became markup. */
const EVIL = `"><img src=x onerror="owned=1"><script>owned=1</script><svg onload=owned=1>`;
/** What a link may not lead to. */
const EVIL_LINKS = [
  "[a](javascript:owned=1)",
  "[b](JaVaScRiPt&colon;owned=1)",
  "[c](data:text/html,<script>owned=1</script>)",
  "[d](vbscript:owned=1)",
  '[e](https://x.example/"onmouseover=owned=1//)',
  "javascript:owned=1 <https://x.example/'onclick='owned=1'>",
  "https://x.example/<img/src=x/onerror=owned=1>",
].join("\n");

/** Nothing that was written has become an element, an attribute that runs, or an address that does. */
async function isInert(page: Page): Promise<void> {
  const found = await page.evaluate(() =>
    [...document.querySelectorAll("*")].filter((element) =>
      element.matches("body img, body script, body iframe, body object, body style, body link") ||
      [...element.attributes].some(({ name, value }) =>
        name.startsWith("on") || name === "srcdoc" ||
        name === "style" && /url|expression/.test(value)
      ) ||
      element instanceof HTMLAnchorElement && !/^(https?:|#)/.test(element.getAttribute("href")!)
    ).map((element) => element.outerHTML.slice(0, 200))
  );
  assertEquals(found, []);
  assertEquals(await page.evaluate(() => "owned" in globalThis), false);
}

/** Whatever can be pointed at is pointed at and, where that leads nowhere else, clicked. */
async function touchAll({ page }: Person): Promise<void> {
  for (const body of await page.locator(".message .body").all()) await body.hover();
  await isInert(page);
}

for (const colorScheme of ["light", "dark"] as const) {
  browserTest(`script and markup in every field stay text: ${colorScheme}`, async () => {
    await using stage = await Stage.open();
    const allowed = /status of (400|422)/;

    // The first page: the name, and the room that the address names.
    const visitor = await stage.visit("visitor", {
      colorScheme,
      allowed,
      at: `#${encodeURIComponent(EVIL)}`,
    });
    await visitor.page.getByRole("button", { name: 'Enter #"><img' }).waitFor();
    await visitor.page.getByLabel("Name").fill("<script>owned=1</script>");
    await visitor.page.keyboard.press("Enter");
    await visitor.page.locator(".problem", { hasText: "cannot be used" }).waitFor();
    await isInert(visitor.page);

    const ada = await stage.enter("Ada", { colorScheme });
    const bob = await stage.enter("Bob", { colorScheme });
    const { page } = ada;

    // Messages in every shape, an answer, an edit, and the bars over the composer.
    await ada.say(`${EVIL} **${EVIL}** *${EVIL}* \`${EVIL}\` ~~${EVIL}~~`);
    await ada.say("```" + `${EVIL}\n${EVIL}\n` + "```");
    await ada.say(`> ${EVIL}\n- ${EVIL}\n1. ${EVIL}`);
    await ada.say(EVIL_LINKS);
    await ada.say(`@${EVIL} #${EVIL} [${EVIL}](https://x.example/)`);
    await bob.sees("vbscript");
    const first = bob.page.locator(".message", { hasText: "onerror" }).first();
    await first.hover();
    await first.getByRole("button", { name: "Reply" }).click();
    await bob.page.locator(".mode-text", { hasText: "onerror" }).waitFor();
    await bob.say(EVIL);
    await ada.page.locator(".quoted", { hasText: "onerror" }).waitFor();
    await page.locator(".composer textarea").press("ArrowUp");
    await page.locator(".mode-text", { hasText: "onerror" }).waitFor();
    await ada.say(`edited ${EVIL}`);
    await bob.page.locator(".body", { hasText: "edited" }).locator(".edited").waitFor();

    // A draft, over a reload.
    await page.locator(".composer textarea").fill(EVIL);
    await page.reload();
    await page.locator(".log[aria-busy=false]").waitFor();
    assertEquals(await page.locator(".composer textarea").inputValue(), EVIL);
    await page.locator(".composer textarea").fill("");

    // The search: what is looked for and what is found.
    await page.keyboard.press("Control+Shift+F");
    await page.getByRole("searchbox").fill("<script>owned");
    await page.locator(".results li").first().waitFor();
    await isInert(page);
    await page.keyboard.press("Escape");

    // A group: its title, topic and icon, wherever they are shown, the page's title included.
    await page.getByRole("button", { name: "New group" }).click();
    await page.getByLabel("Name of the room").fill(EVIL);
    await page.getByRole("button", { name: "Create" }).click();
    await page.locator(".notice", { hasText: "cannot be used" }).waitFor();
    await page.getByLabel("Name of the room").fill("evil");
    await page.getByLabel("Title").fill(EVIL);
    await page.getByLabel("Topic").fill(EVIL);
    await page.getByLabel("Invite").fill("Bob");
    await page.getByRole("button", { name: "Create" }).click();
    await page.locator(".topic", { hasText: "onerror" }).waitFor();
    await page.locator(".title-button").click();
    await page.getByLabel("Icon").fill("<img src=x>");
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator(".title-button .room-emoji", { hasText: "<img" }).waitFor();
    await ada.say(EVIL);
    await bob.page.locator(".sidebar a", { hasText: "onerror" }).click();
    await bob.page.locator(".topic", { hasText: "onerror" }).waitFor();
    // Read as soon as the room is there; then nothing is waiting any more.
    await bob.page.waitForFunction(
      (title) => document.title === title,
      `${EVIL.slice(0, 100)} · hubbub`,
    );

    // A reaction and a reason, as only a program can send them.
    await using program = await sender(stage.server, "Prog", "lobby");
    program.send({
      type: "create",
      room: "reasons",
      kind: "group",
      title: EVIL,
      topic: EVIL,
      icon: EVIL,
      members: ["Ada", "Bob"],
    });
    program.send({ type: "message", room: "reasons", content: "in here" });
    program.send({
      type: "react",
      room: "lobby",
      seq: 1,
      emoji: "<img src=x onerror=owned=1>",
      on: true,
    });
    await page.locator(".sidebar a[href='#reasons']").click();
    await ada.sees("in here");
    program.send({ type: "kick", room: "reasons", user: "Bob", reason: EVIL });
    await page.locator(".note", { hasText: "removed Bob" }).filter({ hasText: "onerror" })
      .waitFor();
    await isInert(page);

    // The switcher, the address, and the rest of what is listed.
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill(`${EVIL}!`);
    await page.getByRole("option", { name: /Open .*onerror/ }).waitFor();
    await isInert(page);
    await page.keyboard.press("Enter");
    await page.locator(".log-edge", { hasText: "You cannot read this room" }).waitFor();
    await page.evaluate(() => location.hash = "#lobby");
    await page.locator(".reactions button", { hasText: "<img" }).waitFor();

    for (const someone of [ada, bob]) await touchAll(someone);
    for (const link of await page.locator(".message .body a").all()) {
      assertEquals(
        new URL((await link.getAttribute("href"))!, "https://x.example").host,
        "x.example",
      );
      assertEquals(await link.getAttribute("rel"), "noopener noreferrer nofollow");
    }
  });
}

browserTest("code that names its language is coloured, and stays the same code", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada");
  const code = "const a = `${1}`; // <b>one</b>\n\treturn a;";
  await using bob = await sender(stage.server, "Bob", "lobby");
  for (const language of ["ts", "klingon", ""]) bob.say(`\`\`\`${language}\n${code}\n\`\`\``);
  const blocks = ada.page.locator(".body pre");
  await blocks.nth(2).waitFor();
  await blocks.nth(0).locator(".code-kwd", { hasText: "const" }).waitFor();
  const height = async (at: number) => (await blocks.nth(at).boundingBox())?.height;
  for (const at of [0, 1, 2]) assertEquals(await blocks.nth(at).textContent(), code);
  assertEquals(await height(0), await height(2), "colours move nothing");
  assertEquals(await blocks.locator("span").count() > 0, true);
  assertEquals(await blocks.nth(1).locator("span").count(), 0);
  assertEquals(await blocks.nth(2).locator("span").count(), 0);
  await isInert(ada.page);
});
