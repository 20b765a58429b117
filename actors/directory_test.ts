import { assert, assertEquals } from "@std/assert";
import { Refusal } from "../protocol/errors.ts";
import { StoreError } from "../store/store.ts";
import { FakeChat, IDLE_MS } from "./fake_chat.ts";
import { code, LOBBY, route } from "./fake_route.ts";
import { user } from "./fake_session.ts";
import { Gate } from "./fake_store.ts";

const [alice, bob] = [user("alice"), user("bob")];

function hubs(chat: FakeChat): string[] {
  return chat.system.inspect().map(({ name }) => name).filter((name) => name.startsWith("hub"));
}

async function counts(chat: FakeChat): Promise<ReadonlyMap<number, number>> {
  let found: ReadonlyMap<number, number> = new Map();
  chat.board.tell({ type: "counts", reply: (counts) => found = counts });
  await chat.settle();
  return found;
}

Deno.test("a room has one hub, however many ask for it at a time and however they call it", async () => {
  const chat = await FakeChat.open();
  const asked = [
    route(chat, LOBBY, false),
    route(chat, LOBBY),
    route(chat, { ...LOBBY, name: "Lobby" }),
    route(chat, LOBBY),
  ];
  await chat.settle();
  asked.push(route(chat, LOBBY, false));
  await chat.settle();
  assertEquals(asked.map((answers) => answers.length), [1, 1, 1, 1, 1]);
  const served = new Set(asked.flat().filter((answer) => !(answer instanceof Refusal)));
  assertEquals(served.size, 1);
  assertEquals(hubs(chat), ["hub lobby"]);
  await chat.close();
});

Deno.test("a room that is there has one hub, whether those who ask would make it or not", async () => {
  const chat = await FakeChat.open();
  await (await chat.hub("lobby")).stop();
  const asked = [route(chat, LOBBY, false), route(chat, LOBBY), route(chat, LOBBY, false)];
  await chat.settle();
  assertEquals(asked.flat().map(code), ["served", "served", "served"]);
  assertEquals(new Set(asked.flat()).size, 1);
  assertEquals(hubs(chat), ["hub lobby"]);
  await chat.close();
});

Deno.test("a direct conversation has one hub for both of its users", async () => {
  const chat = await FakeChat.open();
  const asked = [
    route(chat, { kind: "direct", me: alice, other: bob }),
    route(chat, { kind: "direct", me: bob, other: alice }),
  ];
  await chat.settle();
  assertEquals(new Set(asked.flat()).size, 1);
  assertEquals(hubs(chat).length, 1);
  await chat.close();
});

Deno.test("a room that is not there is not made for those who only ask for it", async () => {
  const chat = await FakeChat.open();
  const asked = [
    route(chat, LOBBY, false),
    route(chat, { kind: "direct", me: alice, other: bob }, false),
  ];
  await chat.settle();
  assertEquals(asked.map(([answer]) => code(answer)), ["no_such_room", "no_such_room"]);
  assertEquals([hubs(chat), await chat.store.roomByName("lobby")], [[], undefined]);
  await chat.close();
});

Deno.test("a look-up that fails is told by name, and the next one looks again", async () => {
  let fails = true;
  const chat = await FakeChat.open((store) => ({
    roomByName: (name) =>
      fails ? Promise.reject(new StoreError("io", "no")) : store.roomByName(name),
  }));
  const [first, second] = [route(chat, LOBBY), route(chat, LOBBY)];
  await chat.settle();
  assertEquals([...first, ...second].map(code), ["unavailable", "unavailable"]);
  fails = false;
  const third = route(chat, LOBBY);
  await chat.settle();
  assertEquals(third.map(code), ["served"]);
  await chat.close();
});

Deno.test("rooms that nobody needs any more are forgotten", async () => {
  const chat = await FakeChat.open();
  const timers = chat.clock.pending;
  for (let room = 0; room < 50; room++) await chat.hub(`room-${room}`);
  assertEquals((await counts(chat)).size, 50);
  await chat.advance(2 * IDLE_MS).then(() => chat.advance(2 * IDLE_MS));
  assertEquals([(await counts(chat)).size, hubs(chat), chat.clock.pending], [0, [], timers]);
  await chat.close();
});

Deno.test("how many are in a public room is known", async () => {
  const chat = await FakeChat.open();
  const hub = await chat.hub("lobby");
  await chat.enter(hub, await chat.connect(alice), await chat.connect(bob));
  assertEquals([...(await counts(chat)).values()], [2]);
  await chat.close();
});

Deno.test("a room that is being looked up when the server stops gets no hub any more", async () => {
  const gate = new Gate();
  const chat = await FakeChat.open((store) => ({
    roomByName: async (name) => gate.pass(await store.roomByName(name)),
  }));
  gate.close();
  const asked = route(chat, LOBBY);
  await chat.settle();
  let over = false;
  chat.board.tell({ type: "shutdown", reply: () => over = true });
  await chat.settle();
  assert(over, "nobody needs to wait for it");
  gate.open();
  await chat.settle();
  assertEquals([asked.map(code), hubs(chat)], [["unavailable"], []]);
  await chat.close();
});
