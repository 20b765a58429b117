import { assertEquals } from "@std/assert";
import { Connection } from "../connection/connection.ts";
import { FakeChannels, FakeClock, FakeServer, FakeStorage, settle } from "../connection/fakes.ts";
import { Tabs } from "../connection/tabs.ts";
import { Refused } from "../connection/wire.ts";
import { Chat } from "./chat.ts";
import { storage } from "./storage.ts";

/** A page of somebody; each page of the same name reads what the one before kept. */
function page(name: string, server = new FakeServer()): Chat {
  const clock = new FakeClock();
  const connection = new Connection({
    open: server.open,
    clock,
    random: () => 0.5,
    storage: new FakeStorage(),
    storagePrefix: (user) => `${user}:`,
    tabs: new Tabs("tab", new FakeChannels().open(), clock, () => {}),
    newKey: () => "key",
    onState() {},
    onEvent() {},
    onOutbox() {},
    onSent() {},
    onRefused() {},
  });
  const chat = new Chat(connection, () => {});
  chat.me.value = { name, guest: true };
  chat.joinKept();
  return chat;
}

const listed = (chat: Chat) => [...chat.rooms.value.values()].map((room) => room.name.value);

Deno.test("a room that was opened is in the list after a reload, though the server never answered", () => {
  storage.clear();
  const before = page("ada");
  before.open("lobby");
  before.open("den");
  assertEquals(listed(page("ada")), ["lobby", "den"]);
  assertEquals(listed(page("bob")), []);
});

Deno.test("a room that refused us is not joined again after a reload", () => {
  storage.clear();
  const before = page("ada");
  before.open("lobby");
  before.open("closed");
  before.refused("closed", new Refused("banned", "banned from closed"));
  assertEquals(listed(page("ada")), ["lobby"]);
});

Deno.test("a group that may not be left stays, and one that may goes", async () => {
  storage.clear();
  const server = new FakeServer();
  server.intercept = (socket, { type, id, room }) => {
    if (type !== "leave" || room !== "mine") return false;
    socket.say({ type: "error", re: id, code: "conflict", message: "hand the room over" });
    return true;
  };
  const chat = page("ada", server);
  chat.connection.start();
  await settle();
  for (const name of ["mine", "theirs"]) chat.open(name).kind.value = "group";
  await settle();
  for (const room of chat.rooms.value.values()) await chat.leave(room);
  assertEquals(listed(chat), ["mine"]);
  assertEquals(chat.connection.isInside("mine"), true);
  assertEquals(chat.connection.isInside("theirs"), false);
  assertEquals(chat.current.value, undefined, "the room that was left is still shown");
  const notices = chat.notices.value.map(({ text }) => typeof text === "string" ? text : text.code);
  assertEquals(notices, ["conflict"]);
  chat.connection.stop();
});

Deno.test("a public room is left also while the line is down", async () => {
  storage.clear();
  const server = new FakeServer();
  server.isReachable = false;
  const chat = page("ada", server);
  chat.connection.start();
  await settle();
  await chat.leave(chat.open("lobby"));
  assertEquals(listed(chat), []);
  server.isReachable = true;
  chat.connection.retryNow();
  await settle();
  assertEquals(server.latest.commands, [], "what was left was joined again");
  chat.connection.stop();
});
