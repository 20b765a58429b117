import { assert, assertEquals } from "@std/assert";
import { type Store, StoreError } from "../store/store.ts";
import { FakeChat, GRACE_MS } from "./fake_chat.ts";
import { FakeSession, user } from "./fake_session.ts";
import { Gate } from "./fake_store.ts";
import { PENDING_MAX } from "./submissions.ts";

const [alice, bob, carol] = [user("alice"), user("bob"), user("carol")];

async function setUp(change?: (store: Store) => Partial<Store>) {
  const chat = await FakeChat.open(change);
  const hub = await chat.hub("lobby");
  const [a, b] = [await chat.connect(alice), await chat.connect(bob)];
  await chat.enter(hub, a, b);
  return { chat, hub, a, b };
}

Deno.test("a message is answered to who sent it, then shown to all, its sender too", async () => {
  const { chat, hub, a, b } = await setUp();
  const phone = await chat.connect(alice, "json", { id: "phone" });
  await chat.enter(hub, phone);
  chat.say(hub, a, "hello", "x");
  await chat.settle();
  assertEquals(a.news(), ["sent x 1", "1 hello"]);
  assertEquals([phone.news(), b.news()], [["1 hello"], ["1 hello"]]);
  await chat.close();
});

Deno.test("nobody sees a message before it is committed, and a refused one never", async () => {
  const gate = new Gate();
  let fails = false;
  const { chat, hub, a, b } = await setUp((store) => ({
    append: async (...group) => {
      await gate.pass(undefined);
      if (fails) throw new StoreError("full", "the disk is full");
      return await store.append(...group);
    },
  }));
  gate.close();
  chat.say(hub, a, "hello", "x");
  await chat.settle();
  assertEquals([a.news(), b.news()], [[], []]);
  fails = true;
  gate.open();
  await chat.settle();
  assertEquals([a.news(), b.news()], [["error x unavailable"], []]);
  await chat.close();
});

Deno.test("a retry with the same key is answered with the first, and seen by nobody", async () => {
  const { chat, hub, a, b } = await setUp();
  const message = { type: "message", content: "hello", key: "k" } as const;
  chat.command(hub, a, { ...message, id: "first", reply: undefined });
  chat.command(hub, a, { ...message, id: "same turn", reply: undefined });
  await chat.settle();
  chat.command(hub, a, { ...message, id: "later", reply: undefined });
  await chat.settle();
  assertEquals(a.news(), [
    "sent first 1",
    "sent same turn 1 again",
    "1 hello",
    "sent later 1 again",
  ]);
  assertEquals(b.news(), ["1 hello"]);
  await chat.close();
});

Deno.test("who is not in a public room cannot write there", async () => {
  const { chat, hub } = await setUp();
  const c = await chat.connect(carol);
  chat.say(hub, c, "hello", "x");
  chat.command(hub, c, { type: "typing", id: "y" });
  chat.command(hub, c, { type: "read", seq: 1, id: "z" });
  hub.tell({ type: "leave", session: c, re: "l" });
  await chat.settle();
  assertEquals(c.news().sort(), [
    "error l not_member",
    "error x not_member",
    "error y not_member",
    "error z not_member",
  ]);
  await chat.close();
});

Deno.test("a turn's messages are one frame to everyone", async () => {
  const { chat, hub, a, b } = await setUp();
  for (const content of ["x", "y", "z"]) chat.say(hub, a, content);
  await chat.settle();
  assertEquals(b.writer.told.length, 1);
  assertEquals(b.news(), ["1 x", "2 y", "3 z"]);
  await chat.close();
});

Deno.test("more that waits for the store than may is refused as busy, and the rest is kept", async () => {
  const gate = new Gate();
  const { chat, hub, a } = await setUp((store) => ({
    append: async (...group) => {
      await gate.pass(undefined);
      return await store.append(...group);
    },
  }));
  gate.close();
  for (let sent = 0; sent <= PENDING_MAX; sent++) {
    chat.say(hub, a, "x");
    if (sent % 1_000 === 0) await chat.settle();
  }
  await chat.settle();
  assertEquals(a.news(), ["error busy"]);
  gate.open();
  await chat.settle();
  const news = a.news();
  assertEquals(news.filter((line) => line.startsWith("sent")).length, PENDING_MAX);
  chat.say(hub, a, "again", "x");
  await chat.settle();
  assertEquals(a.news(), [`sent x ${PENDING_MAX + 1}`, `${PENDING_MAX + 1} again`]);
  await chat.close();
});

Deno.test("typing is shown to the others, not to oneself, and not more often than a second", async () => {
  const { chat, hub, a, b } = await setUp();
  const phone = await chat.connect(alice, "json", { id: "phone" });
  const c = await chat.connect(carol, "text");
  await chat.enter(hub, phone, c);
  for (const session of [a, b]) session.lines();
  for (let key = 0; key < 5; key++) chat.command(hub, a, { type: "typing", id: undefined });
  await chat.settle();
  assertEquals([a.news(), phone.news(), b.news(), c.lines()], [[], [], ["typing alice"], []]);
  await chat.advance(999);
  chat.command(hub, a, { type: "typing", id: "x" });
  await chat.advance(1);
  assertEquals(b.news(), []);
  chat.command(hub, a, { type: "typing", id: undefined });
  await chat.settle();
  assertEquals([a.news(), b.news()], [["ok x"], ["typing alice"]]);
  await chat.close();
});

Deno.test("a read mark never goes back, and is shown to one's other devices alone in public", async () => {
  const { chat, hub, a, b } = await setUp();
  const phone = await chat.connect(alice, "json", { id: "phone" });
  await chat.enter(hub, phone);
  // A guest becomes a member by its first mark, with nothing unread.
  chat.command(hub, a, { type: "read", seq: 0, id: "m" });
  await chat.settle();
  for (const content of ["x", "y", "z"]) chat.say(hub, b, content);
  await chat.settle();
  for (const session of [a, b, phone]) session.lines();
  chat.command(hub, a, { type: "read", seq: 2, id: "m" });
  await chat.settle();
  chat.command(hub, a, { type: "read", seq: 1, id: "m" });
  chat.command(hub, a, { type: "read", seq: 100, id: "m" });
  await chat.settle();
  const marks = a.events().map((event) => event.type === "ok" && event.seq);
  assertEquals(marks, [2, 2, 3]);
  assertEquals([phone.news(), b.news()], [["read alice 2", "read alice 2", "read alice 3"], []]);
  chat.join(hub, a, { since: 3 });
  await chat.settle();
  const [joined] = a.events();
  assert(joined?.type === "joined" && "read" in joined);
  assertEquals(joined.read, 3);
  await chat.close();
});

Deno.test("a read mark in a group is shown to all its members", async () => {
  const chat = await FakeChat.open();
  await chat.group("team", alice, bob);
  const hub = await chat.hub("team");
  const [b, a] = [await chat.connect(bob), await chat.connect(alice)];
  await chat.write(1, bob, "x");
  chat.command(hub, a, { type: "read", seq: 3, id: "m" });
  await chat.settle();
  assertEquals([a.news(), b.news()], [["ok m"], ["alice online", "read alice 3"]]);
  await chat.close();
});

Deno.test("a read mark that cannot be written is refused by name", async () => {
  const { chat, hub, a } = await setUp(() => ({
    markRead: () => Promise.reject(new StoreError("io", "no")),
  }));
  chat.command(hub, a, { type: "read", seq: 1, id: "m" });
  await chat.settle();
  assertEquals(a.news(), ["error m unavailable"]);
  await chat.close();
});

Deno.test("a direct message says whether the other is there, until its grace is over", async () => {
  const chat = await FakeChat.open();
  const b = await chat.connect(bob);
  const a = await chat.connect(alice);
  const hub = await chat.hub([alice, bob]);
  const online = async () => {
    chat.say(hub, a, "hello", "x");
    await chat.settle();
    const sent = a.events().find((event) => event.type === "sent");
    return sent?.type === "sent" && sent.online;
  };
  assertEquals(await online(), true);
  assertEquals(b.events().map((event) => event.type === "message" && event.room), ["@alice"]);
  await chat.disconnect(b);
  assertEquals(await online(), true, "a reconnect must not flicker");
  await chat.advance(GRACE_MS);
  assertEquals(await online(), false);
  await chat.close();
});

Deno.test("leaving a group is answered, told to all, and final", async () => {
  const chat = await FakeChat.open();
  await chat.group("team", alice, bob);
  const hub = await chat.hub("team");
  const [a, b] = [await chat.connect(alice), await chat.connect(bob)];
  await chat.enter(hub, a, b);
  hub.tell({ type: "leave", session: b, re: "l" });
  await chat.settle();
  chat.say(hub, b, "x", "x");
  await chat.settle();
  assertEquals(a.news(), ["3 bob left"]);
  assertEquals(b.news(), ["left l", "3 bob left", "error x not_member"]);
  hub.tell({ type: "leave", session: a, re: "l" });
  await chat.settle();
  assertEquals(a.news(), ["left l", "4 dissolved"], "a group ends with its last member");
  await chat.close();
});

Deno.test("leaving a public room ends it among one's conversations", async () => {
  const chat = await FakeChat.open();
  const hub = await chat.hub("lobby");
  const a = await chat.connect(user("alice", false));
  await chat.enter(hub, a);
  assertEquals((await chat.store.conversations("alice")).length, 1);
  hub.tell({ type: "leave", session: a, re: "l" });
  await chat.settle();
  assertEquals(a.news(), ["left l"]);
  assertEquals((await chat.store.conversations("alice")).length, 0);
  await chat.close();
});

Deno.test("a group takes no more members than a hub keeps in mind", async () => {
  const chat = await FakeChat.open();
  const crowd = Array.from({ length: 999 }, (_, index) => user(`u${index}`));
  await chat.group("team", alice, ...crowd);
  const hub = await chat.hub("team");
  const a = await chat.connect(alice);
  await chat.settle();
  chat.command(hub, a, { type: "invite", user: "bob", id: "x" }, bob);
  await chat.settle();
  assertEquals(a.news(), ["error x conflict"]);
  await chat.close();
});

Deno.test("an errand says one thing without being there, and nobody sees it come", async () => {
  const { chat, hub, b } = await setUp();
  const errand = Object.assign(new FakeSession(carol), { errand: true as const });
  chat.say(hub, errand, "by the way", "errand");
  await chat.advance(1_000);
  assertEquals(errand.news(), ["sent errand 1"]);
  assertEquals(b.news(), ["1 by the way"]);
  await chat.close();
});
