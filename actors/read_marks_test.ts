import { assert, assertEquals } from "@std/assert";
import { StoreError } from "../store/store.ts";
import { FakeChat } from "./fake_chat.ts";
import { twoInLobby } from "./fake_lobby.ts";
import { user } from "./fake_session.ts";

const [alice, bob] = [user("alice"), user("bob")];

Deno.test("a read mark never goes back, and is shown to one's other devices alone in public", async () => {
  const { chat, hub, a, b } = await twoInLobby();
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

Deno.test("who comes to a public room for the first time has read it, says joined, guest or not", async () => {
  const { chat, hub, b } = await twoInLobby();
  for (const content of ["x", "y", "z"]) chat.say(hub, b, content);
  await chat.settle();
  for (const newcomer of [user("carol"), user("dave", false)]) {
    const session = await chat.connect(newcomer);
    chat.join(hub, session, { history: 0 });
    await chat.settle();
    const [joined] = session.events();
    assert(joined?.type === "joined" && "read" in joined);
    assertEquals([joined.seq, joined.read], [3, 3]);
    // The mark never goes back from there.
    chat.command(hub, session, { type: "read", seq: 1, id: "m" });
    await chat.settle();
    assertEquals(session.events().map((event) => event.type === "ok" && event.seq), [3]);
  }
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
  const { chat, hub, a } = await twoInLobby(() => ({
    markRead: () => Promise.reject(new StoreError("io", "no")),
  }));
  chat.command(hub, a, { type: "read", seq: 1, id: "m" });
  await chat.settle();
  assertEquals(a.news(), ["error m unavailable"]);
  await chat.close();
});
