import { assert, assertEquals, assertLess } from "@std/assert";
import type { Page } from "playwright-core";
import { readBack } from "../../web/view/log/fake_reader.ts";
import { browserTest, leadsTo, Stage } from "./people.ts";
import { type Sender, sender } from "./sender.ts";

/** The first row that is seen, and how far it is from the log's top. */
function firstSeen(page: Page): Promise<{ key: string; top: number }> {
  return page.evaluate(() => {
    const log = document.querySelector(".log")!;
    const top = log.getBoundingClientRect().top;
    for (const row of log.querySelectorAll<HTMLElement>("[data-key]")) {
      const place = row.getBoundingClientRect();
      if (place.bottom > top + 100) return { key: row.dataset["key"]!, top: place.top - top };
    }
    throw new Error("expected a row in view, there is none");
  });
}

function placeOf(page: Page, key: string): Promise<number | undefined> {
  return page.evaluate((wanted) => {
    const log = document.querySelector(".log")!;
    const row = [...log.querySelectorAll<HTMLElement>("[data-key]")]
      .find((each) => each.dataset["key"] === wanted);
    return row && row.getBoundingClientRect().top - log.getBoundingClientRect().top;
  }, key);
}

/** Waits until the newest row is in view. */
async function isAtEnd(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const log = document.querySelector(".log")!;
    return log.scrollHeight - log.scrollTop - log.clientHeight < 1;
  });
}

/** Waits until nothing scrolls any more, neither the wheel's own movement nor what it led to. */
async function isStill(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const log = document.querySelector(".log")!;
    for (let frames = 0, last = NaN; frames < 12; frames++) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      if (log.scrollTop !== last) frames = 0;
      last = log.scrollTop;
    }
  });
}

const logHeight = (page: Page) => page.locator(".log").evaluate((log) => log.clientHeight);

const rowCount = (page: Page) => page.locator("[data-key]").count();

async function fill(from: Sender, count: number): Promise<void> {
  // Of different heights, as messages are.
  for (let i = 1; i <= count; i++) from.say(`#${i} ${"word ".repeat((i * 7) % 60)}`);
  await from.settled();
}

browserTest("the log sticks to its end while it is in view", async () => {
  await using stage = await Stage.open(["--store", "memory:", "--rate", "0"]);
  const ada = await stage.enter("Ada");
  await using bob = await sender(stage.server, "bob", "lobby");
  await fill(bob, 150);
  await ada.sees("#150 ");
  await isAtEnd(ada.page);
  await ada.page.setViewportSize({ width: 800, height: 500 });
  await isAtEnd(ada.page);
  const height = await logHeight(ada.page);
  await ada.page.locator(".composer textarea").fill("many\nlines\nof\ntext");
  await ada.page.waitForFunction(
    (height) => document.querySelector(".log")!.clientHeight < height,
    height,
  );
  await isAtEnd(ada.page);
});

browserTest("another size of the window leaves the log at its end", async () => {
  await using stage = await Stage.open();
  // As wide as it may be without the members beside the log: they take much of it at the next pixel.
  const ada = await stage.enter("Ada", { size: { width: 1100, height: 800 } });
  await using bob = await sender(stage.server, "Bob", "lobby");
  for (let i = 1; i <= 40; i++) bob.say(`${i}: ${"as long as it takes to be broken ".repeat(5)}`);
  await bob.settled();
  await ada.sees("40:");
  await isAtEnd(ada.page);
  for (const [width, height] of [[1101, 800], [720, 800], [1280, 300], [390, 844], [1280, 800]]) {
    await ada.page.setViewportSize({ width: width!, height: height! });
    await isStill(ada.page);
    await isAtEnd(ada.page);
    assertEquals(await ada.page.locator(".pill").count(), 0, `${width} x ${height}`);
  }
  // As by an edge that is dragged: what one size has scrolled is heard of when the next is there.
  await ada.page.locator(".log-frame").evaluate(async (frame: HTMLElement) => {
    for (let step = 1; step <= 20; step++) {
      frame.style.marginInlineEnd = `${step % 2 * 300 + step}px`;
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  });
  await isStill(ada.page);
  assertEquals(await ada.page.locator(".pill").count(), 0, "dragged");
  await isAtEnd(ada.page);
});

browserTest("while one reads above, nothing moves and new messages are counted", async () => {
  await using stage = await Stage.open(["--store", "memory:", "--rate", "0"]);
  const ada = await stage.enter("Ada");
  await using bob = await sender(stage.server, "bob", "lobby");
  await fill(bob, 100);
  await ada.sees("#100 ");
  await ada.page.mouse.move(600, 300);
  await ada.page.mouse.wheel(0, -700);
  await ada.page.locator(".pill").waitFor();
  await isStill(ada.page);
  const before = await firstSeen(ada.page);
  for (let i = 0; i < 12; i++) bob.say(`new ${i}`);
  await bob.settled();
  await ada.page.locator(".pill", { hasText: "12 new messages" }).waitFor();
  const after = await placeOf(ada.page, before.key);
  assert(after !== undefined && Math.abs(after - before.top) <= 1, `${before.top} → ${after}`);
  await ada.page.locator(".pill").click();
  await ada.sees("new 11");
  await isAtEnd(ada.page);
  await ada.page.locator(".pill").waitFor({ state: "detached" });
});

browserTest(
  "history that comes when the reader is in another room by then changes nothing there",
  async () => {
    await using stage = await Stage.open(["--store", "memory:", "--rate", "0"]);
    const network = stage.badNetwork();
    await using bob = await sender(stage.server, "bob", "lobby");
    await fill(bob, 400);
    const ada = await stage.enter("Ada", { server: `http://127.0.0.1:${network.port}` });
    const { page } = ada;
    const goTo = (hash: string) => page.evaluate((hash) => void (location.hash = hash), hash);
    const isQuietIn = (room: string) =>
      page.locator(`.log[aria-label='Messages in ${room}'][aria-live=polite]`).waitFor();
    await goTo("#den");
    await isQuietIn("den");
    await ada.say("nobody here");
    await ada.sees("nobody here");
    await goTo("#lobby");
    const [line] = await Promise.all([page.waitForEvent("websocket"), page.reload()]);
    await isQuietIn("lobby");
    await isStill(page);
    network.delayMs = 300;
    const asked = line.waitForEvent("framesent", ({ payload }) => payload.includes('"before":55,'));
    const came = line.waitForEvent("framereceived", ({ payload }) => payload.includes("#54 "));
    await goTo("#lobby/5");
    await asked;
    await goTo("#den");
    await isQuietIn("den");
    await came;
    await isStill(page);
    assertEquals(
      await page.locator(".pill").count(),
      0,
      "the end of the room is not known for one",
    );
  },
);

const WAYS_BACK = [
  { network: "a fast line", delayMs: 0, count: 1_900 },
  // Pages come when the reader has long been at the oldest row that is here.
  { network: "a slow line", delayMs: 120, count: 700 },
];

for (const { network: line, delayMs, count } of WAYS_BACK) {
  browserTest(`far back on ${line} no line of text jumps by more than a pixel`, async () => {
    await using stage = await Stage.open(["--store", "memory:", "--rate", "0"]);
    const network = stage.badNetwork();
    await using bob = await sender(stage.server, "bob", "lobby");
    await fill(bob, count);
    const ada = await stage.enter("Ada", { server: `http://127.0.0.1:${network.port}` });
    const { page } = ada;
    await ada.sees(`#${count} `);
    network.delayMs = delayMs;
    const { worst, rows } = await readBack(page);
    await page.locator(".log-edge", { hasText: "beginning" }).waitFor();
    await ada.sees("#1 ");
    network.delayMs = 0;
    assertLess(worst, 1.01);
    assertLess(rows, 301);
    console.log(`  worst jump ${worst.toFixed(2)} px, at most ${rows} rows in the page`);

    await page.locator(".pill").click();
    await ada.sees(`#${count} `);
    await isAtEnd(page);
  });
}

browserTest("deep in the past, a busy room takes nothing away from under the reader", async () => {
  await using stage = await Stage.open(["--store", "memory:", "--rate", "0"]);
  await using bob = await sender(stage.server, "bob", "lobby");
  await fill(bob, 2_600);
  const ada = await stage.enter("Ada", { at: "#lobby/40" });
  const { page } = ada;
  await ada.sees("#40 ");
  await isStill(page);
  const before = await firstSeen(page);
  await fill(bob, 2_200);
  await page.locator(".pill", { hasText: "2,200 new messages" }).waitFor();
  const after = await placeOf(page, before.key);
  assert(after !== undefined && Math.abs(after - before.top) <= 1, `${before.top} → ${after}`);

  // Onwards by scrolling: page by page towards the present, without a hole.
  const seen = new Set<number>();
  for (let step = 0; seen.size <= 600 && step < 1_000; step++) {
    const shown = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("[data-seq]")].map((row) => row.dataset["seq"])
    );
    for (const seq of shown) seen.add(Number(seq));
    await page.evaluate(async () => {
      document.querySelector(".log")!.scrollTop += 4_000;
      for (let i = 0; i < 3; i++) await new Promise((resolve) => requestAnimationFrame(resolve));
    });
  }
  const seqs = [...seen].sort((a, b) => a - b);
  const holes = seqs.filter((seq, at) => at > 0 && seq !== seqs[at - 1]! + 1);
  assertEquals(holes, []);
  assert(seqs.length > 600, `${seqs.length} rows`);
  await page.locator(".pill").click();
  await ada.sees("#2200 ");
  await isAtEnd(page);
  await page.locator(".pill").waitFor({ state: "detached" });
});

browserTest("a quote leads to what it quotes, and the pill back to the end", async () => {
  await using stage = await Stage.open(["--store", "memory:", "--rate", "0"]);
  await using bob = await sender(stage.server, "bob", "lobby");
  await fill(bob, 130);
  const ada = await stage.enter("Ada");
  const { page } = ada;
  // One that is in the page, one that has to be fetched.
  for (const target of [100, 20]) {
    bob.send({ type: "message", room: "lobby", content: `about ${target}`, reply: target });
    const answer = page.locator(".message", { hasText: `about ${target}` });
    await answer.waitFor();
    await isAtEnd(page);
    await leadsTo(page, `#${target} `, () => answer.locator(".quoted").click());
    const shown = page.locator(`.message[data-seq="${target}"]`);
    await isStill(page);
    const place = (await shown.boundingBox())!;
    assert(place.y > 60 && place.y < 600, `#${target} at ${place.y}`);
    await page.locator(".pill").click();
    await answer.waitFor();
    await page.locator(".pill").waitFor({ state: "detached" });
  }
});

browserTest("a flood leaves the page small and the newest message in view", async () => {
  await using stage = await Stage.open(["--store", "memory:", "--rate", "0"]);
  const ada = await stage.enter("Ada");
  await using bob = await sender(stage.server, "bob", "lobby");
  await fill(bob, 3_000);
  await ada.sees("#3000 ");
  await isAtEnd(ada.page);
  assertLess(await rowCount(ada.page), 301);
  const nodes = () => ada.page.evaluate(() => document.querySelectorAll("*").length);
  assertLess(await nodes(), 3_000);

  // What is kept has a bound: four times as many leave no more behind.
  const client = await ada.context.newCDPSession(ada.page);
  const heapMB = async () => {
    await client.send("HeapProfiler.collectGarbage");
    return (await client.send("Runtime.getHeapUsage")).usedSize / 1e6;
  };
  const before = await heapMB();
  for (let round = 0; round < 4; round++) await fill(bob, 3_000);
  bob.say("the last of all");
  await ada.sees("the last of all");
  const after = await heapMB();
  console.log(`  ${before.toFixed(1)} MB of heap after 3,000, ${after.toFixed(1)} after 15,000`);
  assertLess(after, 40);
  assertLess(after - before, 2);
  assertLess(await nodes(), 3_000);
});

browserTest("what came while the page was not looked at stands under a divider", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada");
  await using bob = await sender(stage.server, "bob", "lobby");
  bob.say("seen");
  await ada.sees("seen");
  await ada.page.evaluate(() => {
    Object.defineProperty(document, "hasFocus", { value: () => false, configurable: true });
    dispatchEvent(new Event("blur"));
  });
  bob.say("unseen");
  bob.say("unseen too");
  await ada.page.locator(".divider + .message", { hasText: "unseen" }).waitFor();
  await ada.page.waitForFunction(() => document.title.startsWith("•"));
  assertEquals(await ada.page.locator(".divider").count(), 1);
  await ada.page.evaluate(() => {
    Object.defineProperty(document, "hasFocus", { value: () => true, configurable: true });
    dispatchEvent(new Event("focus"));
  });
  await ada.page.waitForFunction(() => !document.title.startsWith("•"));
  await ada.page.keyboard.press("Escape");
  await ada.page.locator(".divider").waitFor({ state: "detached" });
});
