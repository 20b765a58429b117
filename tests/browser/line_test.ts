import { assertEquals, assertLess } from "@std/assert";
import { startProcess } from "../chat/server_process.ts";
import { BadNetwork } from "./bad_network.ts";
import { browserTest, comeIn, NETWORK_NOISE, type Person, Stage } from "./people.ts";
import { sender } from "./sender.ts";

const portOf = (address: string) => new URL(address).port;

browserTest("what is written off line is shown, survives a reload, and is sent once", async () => {
  await using stage = await Stage.open();
  await using network = new BadNetwork(Number(portOf(stage.server.http)));
  const ada = await stage.visit("Ada", { allowed: NETWORK_NOISE });
  await ada.page.goto(`http://127.0.0.1:${network.port}/`);
  await comeIn(ada);
  await ada.say("before");
  await ada.page.locator(".message:not(.pending)", { hasText: "before" }).waitFor();

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
  await using network = new BadNetwork(Number(portOf(stage.server.http)));
  const ada = await stage.visit("Ada", { allowed: NETWORK_NOISE });
  await ada.page.goto(`http://127.0.0.1:${network.port}/`);
  await comeIn(ada);
  network.isDown = true;
  network.cut();
  await ada.page.locator(".countdown", { hasText: /Reconnecting in \d+/ }).waitFor();
  network.isDown = false;
  await ada.page.getByRole("button", { name: "Reconnect now" }).click();
  await ada.page.locator(".strip").waitFor({ state: "detached" });
  await ada.say("back");
  await ada.page.locator(".message:not(.pending)", { hasText: "back" }).waitFor();
});

browserTest("a server that is killed and started again loses nobody and nothing", async () => {
  const folder = await Deno.makeTempDir({ prefix: "hubbub-browser-" });
  try {
    const store = ["--store", `sqlite:${folder}/hubbub.db`];
    await using stage = await Stage.open(store);
    await using network = new BadNetwork(Number(portOf(stage.server.http)));
    const people = [];
    for (const name of ["Ada", "Bob"]) {
      const someone = await stage.visit(name, { allowed: NETWORK_NOISE });
      await someone.page.goto(`http://127.0.0.1:${network.port}/`);
      await comeIn(someone);
      people.push(someone);
    }
    const [ada, bob] = people as [Person, Person];
    await ada.say("one");
    await bob.sees("one");
    await stage.server.kill();
    await ada.page.locator(".strip").waitFor();
    await ada.say("two");
    stage.server = await startProcess(store);
    network.to = Number(portOf(stage.server.http));
    await ada.page.locator(".message:not(.pending)", { hasText: "two" }).waitFor();
    await bob.sees("two");
    await bob.say("three");
    await ada.sees("three");
    for (const someone of people) {
      assertEquals(await someone.messages(), ["one", "two", "three"]);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

browserTest("on a slow network my message is in the log within a frame", async () => {
  await using stage = await Stage.open();
  await using network = new BadNetwork(Number(portOf(stage.server.http)));
  const ada = await stage.visit("Ada", { allowed: NETWORK_NOISE });
  await ada.page.goto(`http://127.0.0.1:${network.port}/`);
  await comeIn(ada);
  await ada.page.waitForTimeout(500);
  network.delayMs = 800;
  const box = ada.page.locator(".composer textarea");
  await box.fill("quick");
  const framesMs = await box.evaluate(async (area) => {
    const start = performance.now();
    area.dispatchEvent(
      new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }),
    );
    while (!document.querySelector(".message.pending")) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    return performance.now() - start;
  });
  assertLess(framesMs, 40);
  await ada.page.locator(".message:not(.pending)", { hasText: "quick" }).waitFor();
});

browserTest(
  "a message the server refuses says why, and can be tried again or deleted",
  async () => {
    await using stage = await Stage.open();
    const ada = await stage.enter("Ada", { at: "#@Bob" });
    await ada.page.locator(".log-edge", { hasText: "nobody of this name" }).waitFor();
    await using _bob = await sender(stage.server, "Bob", "lobby");
    await ada.page.getByRole("button", { name: "Retry" }).click();
    for (let i = 1; i <= 4; i++) await ada.say(`knock ${i}`);
    await ada.page.locator(".failure", { hasText: "Wait until they answer" }).waitFor();
    assertEquals(await ada.page.locator(".message.failed .body").allInnerTexts(), ["knock 4"]);
    await ada.page.locator(".failure button", { hasText: "Delete" }).click();
    await ada.page.locator(".message.failed").waitFor({ state: "detached" });
  },
);

browserTest("two tabs of one browser show the same and send once", async () => {
  await using stage = await Stage.open();
  const ada = await stage.enter("Ada");
  const second = await ada.context.newPage();
  stage.watch("Ada's second tab", second);
  await second.goto(`${stage.server.http}/`);
  await second.locator(".composer textarea").waitFor();
  await ada.say("from the first");
  await second.locator(".message", { hasText: "from the first" }).waitFor();
  await second.locator(".composer textarea").fill("from the second");
  await second.keyboard.press("Enter");
  await ada.sees("from the second");
  await second.locator(".message:not(.pending)", { hasText: "from the second" }).waitFor();
  assertEquals(await ada.messages(), ["from the first", "from the second"]);
  assertEquals(await second.locator(".message .body").allInnerTexts(), await ada.messages());

  await ada.page.getByRole("button", { name: "Settings" }).click();
  await ada.page.getByRole("button", { name: "Dark" }).click();
  await second.waitForFunction(() => document.documentElement.dataset["theme"] === "dark");
  await ada.page.getByRole("button", { name: "Log out" }).click();
  await second.locator("input[name=name]").waitFor();
});
