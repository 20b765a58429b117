import { assertEquals } from "@std/assert";
import { Connection } from "../connection/connection.ts";
import { FakeChannels, FakeClock, FakeServer, FakeStorage } from "../connection/fakes.ts";
import { Tabs } from "../connection/tabs.ts";
import { Refused } from "../connection/wire.ts";
import { Chat } from "./chat.ts";
import { storage } from "./storage.ts";

/** A page of somebody; each page of the same name reads what the one before kept. */
function page(name: string): Chat {
  const clock = new FakeClock();
  const connection = new Connection({
    open: new FakeServer().open,
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
