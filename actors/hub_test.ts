import { assert, assertEquals, assertFalse } from "@std/assert";
import { FakeChat, IDLE_MS } from "./fake_chat.ts";
import { gatedCommits } from "./fake_lobby.ts";
import { user } from "./fake_session.ts";
import { Gate } from "./fake_store.ts";

const [alice, bob] = [user("alice"), user("bob")];

Deno.test("a hub that is told to finish ends only when all under way is answered, restarted or not", async () => {
  for (const fails of [false, true]) {
    const { chat, gate, hub, a, b } = await gatedCommits();
    gate.close();
    chat.say(hub, a, "x", "x");
    chat.command(hub, b, { type: "read", seq: 0, id: "read" });
    await chat.settle();
    if (fails) chat.fail(hub, b);
    hub.tell({ type: "finish" });
    if (fails) await chat.restart();
    await chat.settle();
    assert(hub.alive, "it ended and owed answers");
    chat.say(hub, a, "late", "late");
    chat.join(hub, b, { re: "late", history: 3 });
    await chat.settle();
    gate.open();
    await chat.settle();
    assertFalse(hub.alive);
    assertEquals((await hub.stopped).kind, "stopped");
    assertEquals(a.news(), ["error late unavailable", "sent x 1", "1 x"]);
    assertEquals(b.news().filter((line) => !line.includes("internal")), [
      "error late unavailable",
      "ok read",
      "1 x",
    ]);
    await chat.close();
  }
});

Deno.test("a hub that finishes answers the joins under way", async () => {
  const gate = new Gate();
  const chat = await FakeChat.open((store) => ({
    history: async (...query) => gate.pass(await store.history(...query)),
  }));
  const hub = await chat.hub("lobby");
  const [a, b] = [await chat.connect(alice), await chat.connect(bob)];
  await chat.enter(hub, a);
  chat.say(hub, a, "x");
  await chat.settle();
  gate.close();
  chat.join(hub, b);
  hub.tell({ type: "finish" });
  await chat.settle();
  gate.open();
  await chat.settle();
  assertEquals(b.news(), ["joined join 1", "1 x"]);
  assertFalse(hub.alive);
  await chat.close();
});

Deno.test("a hub that finishes waits for no join whose client does not take what it was sent", async () => {
  const { chat, hub, a } = await gatedCommits();
  const stuck = await chat.connect(user("stuck"));
  stuck.out.inTurn = () => new Promise(() => {});
  chat.join(hub, stuck);
  await chat.settle();
  hub.tell({ type: "finish" });
  await chat.settle();
  assertFalse(hub.alive);
  assertEquals(stuck.news(), ["error join unavailable"]);
  assertEquals(a.news(), []);
  await chat.close();
});

Deno.test("a hub that nobody has needed for a while ends, and is started anew", async () => {
  const { chat, hub, a, b, c } = await gatedCommits();
  for (const session of [b, c]) hub.tell({ type: "gone", session });
  await chat.advance(3 * IDLE_MS).then(() => chat.advance(3 * IDLE_MS));
  assert(hub.alive, "somebody is there");
  chat.say(hub, a, "x");
  await chat.settle();
  hub.tell({ type: "gone", session: a });
  await chat.advance(IDLE_MS).then(() => chat.advance(IDLE_MS));
  assertFalse(hub.alive);
  const anew = await chat.hub("lobby");
  assert(anew !== hub);
  chat.join(anew, b);
  await chat.settle();
  assertEquals(b.news().slice(-2), ["joined join 1", "1 x"]);
  await chat.close();
});

Deno.test("an idle hub ends even when its mailbox was full at that moment", async () => {
  const { chat, hub, a, b, c } = await gatedCommits();
  await chat.advance(IDLE_MS / 2);
  chat.say(hub, a, "still needed");
  for (const session of [a, b, c]) hub.tell({ type: "gone", session });
  await chat.settle();
  // Nobody has taken anything out when the time comes to look whether it is idle.
  while (hub.tell({ type: "presence", user: "nobody", online: false }));
  chat.clock.advance(IDLE_MS / 2);
  await chat.settle();
  assert(hub.alive);
  await chat.advance(IDLE_MS).then(() => chat.advance(IDLE_MS));
  assertFalse(hub.alive);
  await chat.close();
});

Deno.test("an ended hub leaves no timer and is watched by nobody", async () => {
  const chat = await FakeChat.open();
  const timers = chat.clock.pending;
  await chat.group("team", alice, bob);
  for (const room of ["team", "lobby"]) {
    const hub = await chat.hub(room);
    await hub.stop();
  }
  await chat.settle();
  assertEquals(chat.clock.pending, timers);
  assertEquals(chat.system.inspect().map(({ name }) => name), ["archive", "switchboard"]);
  await chat.close();
});
