import { assert, assertEquals, assertObjectMatch } from "@std/assert";
import { rest } from "../faults/rest.ts";
import { administrator } from "../operations/administrator.ts";
import { fine } from "./cast.ts";
import { Client } from "./chat_client.ts";
import { startChat } from "./chat_server.ts";

Deno.test("an administrator puts somebody out of the lobby that nobody owns, without being there", async () => {
  await using chat = await startChat();
  const { token } = await administrator(chat);
  await using chief = await Client.connect(chat, { token });
  await using mallory = await Client.connect(chat, "Mallory");
  await using bob = await Client.connect(chat, "Bob");
  for (const client of [mallory, bob]) fine(await client.join("lobby"));
  const { seq } = fine(await mallory.say("lobby", "spam"));
  const ban = { type: "ban", room: "lobby", user: "Mallory", reason: "spam" };
  assertEquals((await bob.ask(ban)).code, "forbidden");
  fine(await chief.ask({ type: "delete", room: "lobby", seq }));
  fine(await chief.ask(ban));
  assertObjectMatch(await bob.next("deleted"), { target: seq, from: "Chief" });
  assertObjectMatch(await bob.next("member"), { change: "banned", from: "Chief" });
  assertEquals((await mallory.say("lobby", "more")).code, "banned");
  assertEquals(chat.failures, []);
});

Deno.test("on open sockets an administrator is one from the grant on, and none from its end on", async () => {
  await using chat = await startChat();
  const { token } = await administrator(chat);
  const user = await chat.store.userByName("chief");
  assert(user);
  await chat.store.setAdmin(user.id, false);
  await using chief = await Client.connect(chat, { token });
  await using bob = await Client.connect(chat, "Bob");
  fine(await bob.join("lobby"));
  const mute = { type: "mute", room: "lobby", user: "Bob", seconds: 60 };
  assertEquals((await chief.ask(mute)).code, "forbidden");
  await chat.store.setAdmin(user.id, true);
  fine(await chief.ask(mute));
  await chat.store.setAdmin(user.id, false);
  assertEquals((await chief.ask({ ...mute, seconds: 0 })).code, "forbidden");
});

Deno.test("an administrator names an owner, and all hear who is what", async () => {
  await using chat = await startChat();
  const { token } = await administrator(chat);
  await using chief = await Client.connect(chat, { token });
  await using ada = await Client.connect(chat, "Ada");
  await using bob = await Client.connect(chat, "Bob");
  fine(await ada.ask({ type: "create", room: "den", kind: "public" }));
  for (const client of [ada, bob]) fine(await client.join("den"));
  fine(await chief.ask({ type: "role", room: "den", user: "Bob", role: "owner" }));
  assertObjectMatch(await ada.next("member"), { user: "Bob", role: "owner", from: "Chief" });
  const { members } = fine(await bob.ask({ type: "members", room: "den" }));
  const roles = members.map(({ name, role }: Record<string, string>) => `${name} ${role}`);
  assertEquals(roles.sort(), ["Ada moderator", "Bob owner"]);
  assertEquals((await ada.ask({ type: "dissolve", room: "den" })).code, "forbidden");
  assertEquals((await bob.ask({ type: "kick", room: "den", user: "Chief" })).code, "forbidden");
});

Deno.test("an administrator reads and changes nothing in other people's groups and conversations", async () => {
  await using chat = await startChat();
  const { token } = await administrator(chat);
  await using chief = await Client.connect(chat, { token });
  await using ada = await Client.connect(chat, "Ada");
  await using _bob = await Client.connect(chat, "Bob");
  fine(await ada.ask({ type: "create", room: "team", kind: "group", members: ["Bob"] }));
  const { seq } = fine(await ada.say("team", "secret"));
  fine(await ada.say("@Bob", "secret"));
  const tried = [
    { type: "join", room: "team" },
    { type: "history", room: "team" },
    { type: "members", room: "team" },
    { type: "search", room: "team", query: "secret" },
    { type: "delete", room: "team", seq },
    { type: "set", room: "team", title: "mine" },
    { type: "invite", room: "team", user: "Chief" },
    { type: "kick", room: "team", user: "Bob" },
    { type: "role", room: "team", user: "Chief", role: "owner" },
    { type: "dissolve", room: "team" },
  ];
  for (const command of tried) {
    assertEquals((await chief.ask(command)).code, "not_member", command.type);
  }
  assertEquals((await rest(chat, "/api/rooms/team/messages", { token })).json.code, "not_member");
  assertEquals((await chief.ask({ type: "search", query: "secret" })).messages, []);
  await Promise.all([ada.sync(), chief.sync()]);
  assertEquals(chief.said.filter(({ type }) => type === "message" || type === "member"), []);
  assertEquals(chat.failures, []);
});
