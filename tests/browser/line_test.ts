import { assert, assertEquals } from "@std/assert";
import { startProcess } from "../chat/server_process.ts";
import type { BadNetwork } from "./bad_network.ts";
import { browserTest, comeIn, NETWORK_NOISE, type Person, Stage } from "./people.ts";
import { sender } from "./sender.ts";

const portOf = (address: string) => new URL(address).port;
const addressOf = (network: BadNetwork) => `http://127.0.0.1:${network.port}`;

/** Waits until the server has taken the message. */
const sent = ({ page }: Person, content: string) =>
  page.locator(".message[data-seq]", { hasText: content }).waitFor();

browserTest("what is written off line is shown, survives a reload, and is sent once", async () => {
  await using stage = await Stage.open();
  const network = stage.badNetwork();
  const ada = await stage.enter("Ada", { allowed: NETWORK_NOISE, server: addressOf(network) });
  await ada.say("before");
  await sent(ada, "before");

  // The page can be loaded, only the line does not come up: as on a train.
  await ada.page.route("**/ws*", (route) => route.abort());
  await ada.page.routeWebSocket("**/ws*", (socket) => socket.close());
  network.cut();
  await ada.page.locator(".strip", { hasText: "Connection lost" }).waitFor();
  await ada.say("written off line");
  await ada.say("and more");
  await ada.page.locator(".message.pending", { hasText: "written off line" }).waitFor();
  await ada.page.reload();
  await ada.page.locator(".message.pending", { hasText: "and more" }).waitFor();
  await ada.page.unrouteAll();

  const page = await ada.context.newPage();
  stage.watch("Ada again", page, NETWORK_NOISE);
  await ada.page.close();
  await page.goto(`http://127.0.0.1:${network.port}/`);
  await page.locator(".message:not(.pending)", { hasText: "and more" }).waitFor();
  const bob = await stage.enter("Bob");
  await bob.sees("and more");
  assertEquals(await bob.messages(), ["before", "written off line", "and more"]);
});

browserTest("the strip counts down, reconnects on demand, and goes", async () => {
  await using stage = await Stage.open();
  const network = stage.badNetwork();
  const ada = await stage.enter("Ada", { allowed: NETWORK_NOISE, server: addressOf(network) });
  // The very first wait is of half a minute: it does not come back by itself before it is told to.
  await ada.page.addInitScript(() => Math.random = () => 60);
  await ada.page.reload();
  await ada.page.locator(".log[aria-busy=false]").waitFor();
  network.isDown = true;
  network.cut();
  await ada.page.locator(".countdown", { hasText: /Reconnecting in 2\d/ }).waitFor();
  network.isDown = false;
  await ada.page.getByRole("button", { name: "Reconnect now" }).click();
  await ada.page.locator(".strip").waitFor({ state: "detached" });
  await ada.say("back");
  await sent(ada, "back");
});

browserTest("a server that is killed and started again loses nobody and nothing", async () => {
  const folder = await Deno.makeTempDir({ prefix: "hubbub-browser-" });
  try {
    const store = ["--store", `sqlite:${folder}/hubbub.db`];
    await using stage = await Stage.open(store);
    const network = stage.badNetwork();
    const people = [];
    for (const name of ["Ada", "Bob"]) {
      people.push(
        await stage.enter(name, { allowed: NETWORK_NOISE, server: addressOf(network) }),
      );
    }
    const [ada, bob] = people as [Person, Person];
    await ada.say("one");
    await bob.sees("one");
    // Bob writes all the while, letter by letter, and nothing takes the cursor or a letter away.
    const line = "three, written while the server died and came back";
    const box = bob.page.locator(".composer textarea");
    const writing = box.pressSequentially(line, { delay: 60 });
    await stage.server.kill();
    await ada.page.locator(".strip").waitFor();
    await ada.say("two");
    await ada.page.locator(".message.pending", { hasText: "two" }).waitFor();
    stage.server = await startProcess(store);
    network.to = Number(portOf(stage.server.http));
    await sent(ada, "two");
    await bob.sees("two");
    await writing;
    assertEquals(await box.inputValue(), line);
    assertEquals(await box.evaluate((area) => area === document.activeElement), true);
    await bob.page.keyboard.press("Enter");
    await ada.sees(line);
    for (const someone of people) {
      assertEquals(await someone.messages(), ["one", "two", line]);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

browserTest("on a slow network my message is in the log within a frame", async () => {
  await using stage = await Stage.open();
  const network = stage.badNetwork();
  const ada = await stage.enter("Ada", { allowed: NETWORK_NOISE, server: addressOf(network) });
  network.delayMs = 800;
  const box = ada.page.locator(".composer textarea");
  await box.fill("quick");
  const wasThere = await box.evaluate(async (area) => {
    area.dispatchEvent(
      new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }),
    );
    // Before the next frame is painted.
    await new Promise((resolve) => requestAnimationFrame(resolve));
    return document.querySelector(".message.pending .body")?.textContent;
  });
  assertEquals(wasThere, "quick");
  await sent(ada, "quick");
});

browserTest("on a third-generation telephone line one comes in, and talks", async () => {
  await using stage = await Stage.open();
  const ada = await stage.visit("Ada");
  const client = await ada.context.newCDPSession(ada.page);
  await client.send("Network.enable");
  await client.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 400,
    downloadThroughput: 50_000,
    uploadThroughput: 25_000,
  });
  await client.send("Network.setCacheDisabled", { cacheDisabled: true });
  await ada.page.reload();
  await comeIn(ada);
  await ada.say("from far away");
  await sent(ada, "from far away");
});

browserTest(
  "a line that stalls without a word is noticed, and what was written is sent once",
  async () => {
    await using stage = await Stage.open();
    const network = stage.badNetwork();
    const ada = await stage.enter("Ada", { allowed: NETWORK_NOISE, server: addressOf(network) });
    const bob = await stage.enter("Bob");
    await ada.say("before");
    await bob.sees("before");
    network.isStalled = true;
    await ada.say("into the silence");
    await ada.page.locator(".message.pending", { hasText: "silence" }).waitFor();
    // Nobody closes anything: the page finds out by itself, long before the heartbeat would.
    const noticed = Date.now();
    await ada.page.locator(".strip", { hasText: "Connection lost" }).waitFor();
    assert(Date.now() - noticed < 40_000, "the page noticed too late");
    network.isStalled = false;
    await sent(ada, "into the silence");
    await ada.page.locator(".strip").waitFor({ state: "detached" });
    await bob.sees("into the silence");
    assertEquals(await bob.messages(), ["before", "into the silence"]);
    assertEquals(await ada.messages(), await bob.messages());
  },
);

browserTest("written off line, reloaded into nothing, and back: it is sent", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada", { allowed: NETWORK_NOISE });
  await ada.context.setOffline(true);
  await ada.page.evaluate(() => dispatchEvent(new Event("offline")));
  await ada.say("in the tunnel");
  await ada.page.locator(".message.pending", { hasText: "in the tunnel" }).waitFor();
  await ada.page.reload().catch(() => {
    // The browser's own page says that there is no network.
  });
  await ada.context.setOffline(false);
  await ada.page.goto(stage.server.http);
  await sent(ada, "in the tunnel");
  await ada.page.waitForFunction(() =>
    !Object.keys(localStorage).some((key) => key.includes("outbox"))
  );
  assertEquals(await ada.messages(), ["in the tunnel"]);
});

browserTest(
  "a message the server refuses says why, and can be tried again or deleted",
  async () => {
    await using stage = await Stage.open();
    const ada = await stage.enter("Ada", { at: "#@Bob" });
    await ada.page.locator(".log-edge", { hasText: "nobody of this name" }).waitFor();
    await using bob = await sender(stage.server, "Bob", "lobby");
    await ada.page.getByRole("button", { name: "Retry" }).click();
    for (let i = 1; i <= 4; i++) await ada.say(`knock ${i}`);
    await ada.page.locator(".failure", { hasText: "Wait until they answer" }).waitFor();
    assertEquals(await ada.page.locator(".message.failed .body").allInnerTexts(), ["knock 4"]);
    await ada.say("knock 5");
    await ada.page.locator(".failure").nth(1).waitFor();
    await ada.page.locator(".failure button", { hasText: "Delete" }).first().click();
    await ada.page.locator(".message.failed", { hasText: "knock 4" }).waitFor({
      state: "detached",
    });
    bob.send({ type: "message", room: "@Ada", content: "who is there?" });
    await ada.sees("who is there?");
    await ada.page.locator(".failure button", { hasText: "Retry" }).click();
    await sent(ada, "knock 5");
    assertEquals((await ada.messages()).at(-1), "knock 5");
  },
);
