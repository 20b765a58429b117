import { assertEquals } from "@std/assert";
import { RESUME_MAX } from "../protocol/limits.ts";
import { StoreError } from "../store/store.ts";
import { FakeChat, JOIN_HISTORY } from "./fake_chat.ts";
import { gatedReads, lobby } from "./fake_lobby.ts";
import { FakeSession, user } from "./fake_session.ts";
import { Gate } from "./fake_store.ts";
import { GATHER_MS } from "./gathering.ts";

const [alice, bob, carol] = [user("alice"), user("bob"), user("carol")];

Deno.test("a join is answered first, then come the last messages, then what happens", async () => {
  const chat = await FakeChat.open();
  const { hub } = await lobby(chat, 9);
  const [a, b] = [await chat.connect(alice), await chat.connect(bob)];
  chat.join(hub, a);
  chat.join(hub, b, { history: 2 });
  chat.say(hub, a, "live", "x");
  await chat.advance(GATHER_MS);
  assertEquals(a.news().slice(0, 1 + JOIN_HISTORY), [
    "joined join 9",
    "5 m5",
    "6 m6",
    "7 m7",
    "8 m8",
    "9 m9",
  ]);
  assertEquals(b.news().slice(0, 4), ["joined join 9", "8 m8", "9 m9", "10 live"]);
  await chat.close();
});

Deno.test("a join with since gets every event after it, once", async () => {
  const chat = await FakeChat.open();
  const { hub } = await lobby(chat, 9);
  const a = await chat.connect(alice);
  chat.join(hub, a, { since: 7 });
  await chat.settle();
  assertEquals(a.news(), ["joined join 9", "8 m8", "9 m9"]);
  chat.join(hub, a, { since: 8 });
  await chat.settle();
  assertEquals(a.news(), ["joined join 9"], "9 was sent with the first join");
  const b = await chat.connect(bob);
  chat.join(hub, b, { since: 9 });
  await chat.settle();
  assertEquals(b.news(), ["joined join 9"]);
  const c = await chat.connect(carol);
  chat.join(hub, c, { since: 1_000 });
  await chat.settle();
  assertEquals(c.news().filter((line) => !line.startsWith("+")), ["joined join 9"]);
  await chat.close();
});

Deno.test("of more than can be replayed the newest come, and first says where they begin", async () => {
  const chat = await FakeChat.open();
  const { hub } = await lobby(chat, RESUME_MAX + 20);
  const [a, b] = [await chat.connect(alice), await chat.connect(bob)];
  chat.join(hub, a, { since: 5 });
  await chat.settle();
  const news = a.news();
  assertEquals(news.slice(0, 2), [`joined join ${RESUME_MAX + 20} first 21`, "21 m21"]);
  assertEquals(news.length, 1 + RESUME_MAX);
  chat.join(hub, b, { since: 20 });
  await chat.settle();
  assertEquals(b.news()[0], `joined join ${RESUME_MAX + 20}`);
  await chat.close();
});

for (const backlog of ["since", "history"] as const) {
  Deno.test(`nothing is lost or doubled while a join's ${backlog} is read`, async () => {
    const { chat, gate } = await gatedReads();
    const { hub } = await lobby(chat, 3);
    const [a, b] = [await chat.connect(alice), await chat.connect(bob)];
    await chat.enter(hub, b);
    gate.close();
    chat.say(hub, b, "just before");
    chat.join(hub, a, backlog === "since" ? { since: 1 } : { history: 2 });
    await chat.settle();
    for (const content of ["x", "y"]) {
      chat.say(hub, b, content);
      await chat.settle();
    }
    assertEquals(a.news(), [], "it was sent something before its backlog");
    gate.open();
    chat.say(hub, b, "z");
    await chat.settle();
    assertEquals(a.news(), ["joined join 3", "2 m2", "3 m3", "4 just before", "5 x", "6 y", "7 z"]);
    await chat.close();
  });
}

for (const kind of ["joins", "is attached"] as const) {
  Deno.test(`what is committed in the turn in which a session ${kind} reaches it once`, async () => {
    const gate = new Gate();
    const chat = await FakeChat.open((store) => ({
      append: async (...group) => gate.pass(await store.append(...group)),
    }));
    await chat.group("team", alice, bob);
    const hub = await chat.hub(kind === "joins" ? "lobby" : "team");
    const a = await chat.connect(alice);
    await chat.enter(hub, a);
    gate.close();
    chat.say(hub, a, "x");
    await chat.settle();
    const b = new FakeSession(bob);
    gate.open();
    // The row is on its way to the hub, which takes it with what comes now.
    for (let step = 0; step < 20; step++) await Promise.resolve();
    if (kind === "joins") chat.join(hub, b, { since: 0 });
    else hub.tell({ type: "attached", session: b });
    chat.say(hub, a, "y");
    await chat.settle();
    assertEquals(b.news(), kind === "joins" ? ["joined join 1", "1 x", "2 y"] : ["4 y"]);
    await chat.close();
  });
}

Deno.test("joining again with a since of what was sent sends nothing twice", async () => {
  const chat = await FakeChat.open();
  const { hub } = await lobby(chat, 3);
  const a = await chat.connect(alice);
  await chat.enter(hub, a);
  chat.say(hub, a, "x");
  await chat.settle();
  a.lines();
  for (const since of [3, 4]) {
    chat.join(hub, a, { since });
    await chat.settle();
    assertEquals(a.news(), ["joined join 4"]);
  }
  chat.say(hub, a, "y");
  await chat.settle();
  assertEquals(a.news(), ["sent 5", "5 y"], "it must be in the room once");
  await chat.close();
});

Deno.test("a join while the same is under way is refused, and the first is answered", async () => {
  const { chat, gate } = await gatedReads();
  const { hub } = await lobby(chat, 1);
  const a = await chat.connect(alice);
  gate.close();
  chat.join(hub, a, { re: "first" });
  chat.join(hub, a, { re: "second" });
  await chat.settle();
  gate.open();
  await chat.settle();
  assertEquals(a.news().sort(), ["1 m1", "error second conflict", "joined first 1"]);
  await chat.close();
});

Deno.test("a join whose reads fail is refused by name, and can be tried again", async () => {
  let fails = true;
  const chat = await FakeChat.open((store) => ({
    standing: (...who) =>
      fails ? Promise.reject(new StoreError("io", "no")) : store.standing(...who),
  }));
  const { hub } = await lobby(chat, 1);
  const [a, b] = [await chat.connect(alice), await chat.connect(bob)];
  chat.join(hub, a);
  await chat.settle();
  assertEquals(a.news(), ["error join unavailable"]);
  fails = false;
  await chat.enter(hub, b);
  chat.join(hub, a);
  await chat.settle();
  assertEquals(a.news(), ["joined join 1", "1 m1"]);
  await chat.advance(GATHER_MS);
  assertEquals(b.news(), ["+alice (2)"], "the first try counts for nothing");
  await chat.close();
});

Deno.test("a join under way when its session leaves is answered, too", async () => {
  const { chat, gate } = await gatedReads();
  const { hub } = await lobby(chat, 1);
  const a = await chat.connect(alice);
  gate.close();
  chat.join(hub, a);
  hub.tell({ type: "leave", session: a, re: "leave" });
  await chat.settle();
  gate.open();
  await chat.settle();
  const news = a.news();
  assertEquals(news.filter((line) => line.includes("join")).length, 1, news.join());
  assertEquals(news.at(-1), "left leave");
  await chat.close();
});

Deno.test("the banned and the muted cannot write in the moment before their join is answered", async () => {
  const { chat, gate } = await gatedReads();
  const hub = await chat.den(alice);
  const a = await chat.connect(alice);
  await chat.enter(hub, a);
  chat.command(hub, a, { type: "ban", user: "bob", id: undefined, reason: undefined }, bob);
  chat.command(hub, a, { type: "mute", user: "carol", seconds: 60, id: undefined }, carol);
  await chat.settle();
  a.lines();
  gate.close();
  const [b, c] = [await chat.connect(bob), await chat.connect(carol)];
  for (const session of [b, c]) {
    chat.join(hub, session, { since: 0 });
    chat.say(hub, session, "let me in", "x");
  }
  await chat.settle();
  gate.open();
  await chat.advance(2 * GATHER_MS);
  assertEquals(b.news(), ["error join banned", "error x banned"]);
  assertEquals(c.news().filter((line) => !/^\d/.test(line)), ["joined join 3", "error x muted"]);
  assertEquals(a.news(), ["+carol (2)"], "something was said");
  await chat.close();
});

Deno.test("what is said right behind a join is said, in its order, even when it is the last", async () => {
  const { chat, gate } = await gatedReads();
  const { hub } = await lobby(chat, 1);
  const [a, b] = [await chat.connect(alice), await chat.connect(bob)];
  await chat.enter(hub, a);
  gate.close();
  chat.join(hub, b, { history: 1 });
  for (const content of ["x", "y"]) chat.say(hub, b, content, content);
  hub.tell({ type: "gone", session: b });
  await chat.settle();
  gate.open();
  await chat.advance(2 * GATHER_MS);
  assertEquals(a.news(), ["2 x", "3 y"]);
  assertEquals(b.news().slice(0, 2), ["joined join 1", "1 m1"]);
  await chat.close();
});

Deno.test("a mute that is decided while a join is under way holds", async () => {
  const { chat, gate } = await gatedReads();
  const hub = await chat.den(alice);
  const [a, b] = [await chat.connect(alice), await chat.connect(bob)];
  await chat.enter(hub, a);
  gate.close();
  chat.join(hub, b, { since: 0 });
  await chat.settle();
  chat.command(hub, a, { type: "mute", user: "bob", seconds: 60, id: undefined }, bob);
  await chat.settle();
  gate.open();
  await chat.settle();
  chat.say(hub, b, "hello", "x");
  await chat.settle();
  assertEquals(b.news().at(-1), "error x muted");
  await chat.close();
});
