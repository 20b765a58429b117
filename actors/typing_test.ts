import { assertEquals } from "@std/assert";
import { twoInLobby } from "./fake_lobby.ts";

Deno.test("typing is shown to the others, not to oneself, and not more often than a second", async () => {
  const { chat, hub, a, b } = await twoInLobby();
  const phone = await chat.connect("alice", "json", { id: "phone" });
  const c = await chat.connect("carol", "text");
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
