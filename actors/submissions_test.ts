import { assertEquals } from "@std/assert";
import { StoreError } from "../store/store.ts";
import { FakeChat, GRACE_MS, IDLE_MS } from "./fake_chat.ts";
import { twoInLobby } from "./fake_lobby.ts";
import { user } from "./fake_session.ts";
import { Gate } from "./fake_store.ts";
import { PENDING_MAX } from "./submissions.ts";

const [alice, bob] = [user("alice"), user("bob")];

Deno.test("a message is answered to who sent it, then shown to all, its sender too", async () => {
  const { chat, hub, a, b } = await twoInLobby();
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
  const { chat, hub, a, b } = await twoInLobby((store) => ({
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
  const { chat, hub, a, b } = await twoInLobby();
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

Deno.test("a turn's messages are one frame to everyone", async () => {
  const { chat, hub, a, b } = await twoInLobby();
  for (const content of ["x", "y", "z"]) chat.say(hub, a, content);
  await chat.settle();
  assertEquals(b.writer.told.length, 1);
  assertEquals(b.news(), ["1 x", "2 y", "3 z"]);
  await chat.close();
});

Deno.test("more that waits for the store than may is refused as busy, and the rest is kept", async () => {
  const gate = new Gate();
  const { chat, hub, a } = await twoInLobby((store) => ({
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

Deno.test("what a full archive does not take is refused as busy, and the hub may end all the same", async () => {
  const gate = new Gate();
  const { chat, hub, a, b } = await twoInLobby();
  gate.close();
  const wait = { type: "write", run: () => gate.pass(undefined), failed() {} } as const;
  chat.archive.tell(wait);
  await chat.settle();
  while (chat.archive.tell(wait));
  chat.say(hub, a, "hello", "x");
  await chat.settle();
  assertEquals([a.news(), b.news()], [["error x busy"], []]);
  gate.open();
  for (const session of [a, b]) hub.tell({ type: "gone", session });
  await chat.advance(IDLE_MS).then(() => chat.advance(IDLE_MS));
  assertEquals(hub.alive, false, "it waits for an answer that never comes");
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
