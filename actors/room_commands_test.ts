import { assertEquals } from "@std/assert";
import { FakeChat } from "./fake_chat.ts";
import { twoInLobby } from "./fake_lobby.ts";
import { FakeSession, user } from "./fake_session.ts";

const [alice, bob, carol] = [user("alice"), user("bob"), user("carol")];

Deno.test("who is not in a public room cannot write there", async () => {
  const { chat, hub } = await twoInLobby();
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
  const { chat, hub, b } = await twoInLobby();
  const errand = Object.assign(new FakeSession(carol), { errand: true as const });
  chat.say(hub, errand, "by the way", "errand");
  await chat.advance(1_000);
  assertEquals(errand.news(), ["sent errand 1"]);
  assertEquals(b.news(), ["1 by the way"]);
  await chat.close();
});
