import { assert, assertEquals, assertRejects } from "@std/assert";
import { Refusal } from "../protocol/errors.ts";
import { type Store, StoreError } from "../store/store.ts";
import { say } from "./errand.ts";
import { FakeChat } from "./fake_chat.ts";
import { user } from "./fake_session.ts";
import { Gate } from "./fake_store.ts";
import { Queries } from "./queries.ts";

const [alice, bob] = [user("alice"), user("bob")];

async function setUp(change?: (store: Store) => Partial<Store>) {
  const chat = await FakeChat.open(change);
  const { store, archive, board, clock, system } = chat;
  const queries = new Queries({ store, archive, switchboard: board, clock });
  const errand = (room: string, content = "hello") =>
    say(
      { system, switchboard: board, queries },
      { user: alice, canonicalName: "alice" },
      { type: "message", room, content },
      "192.0.2.1",
    );
  const left = () => chat.system.inspect().filter(({ name }) => name === "errand").length;
  return { chat, errand, left };
}

Deno.test("an errand is said, answered and over; those who are there see it", async () => {
  const { chat, errand, left } = await setUp();
  const hub = await chat.hub("lobby");
  const b = await chat.connect(bob);
  await chat.enter(hub, b);
  const timers = chat.clock.pending;
  const sent = await errand("lobby");
  assertEquals(sent, { type: "sent", room: "lobby", seq: 1, at: sent.at });
  await chat.advance(1_000);
  assertEquals(b.news(), ["1 hello"]);
  // The commit has something indexed later, once.
  await chat.advance(10_000);
  assertEquals([left(), chat.clock.pending], [0, timers]);
  await chat.close();
});

Deno.test("an errand to where its user may not write is refused as a connection would be", async () => {
  const { chat, errand, left } = await setUp();
  await chat.group("team", bob);
  for (
    const [room, code] of [["team", "not_member"], ["nowhere", "no_such_room"], [
      "@x",
      "no_such_user",
    ]]
  ) {
    assert(room);
    assertEquals((await assertRejects(() => errand(room), Refusal)).code, code);
  }
  await chat.settle();
  assertEquals(left(), 0);
  await chat.close();
});

Deno.test("an errand that finds no hub fails alone", async () => {
  let fails = false;
  const { chat, errand, left } = await setUp((store) => ({
    roomByName: (name) => {
      if (fails) return Promise.reject(new StoreError("io", "no"));
      // The first look is for the rights, the next one for the hub.
      fails = true;
      return store.roomByName(name);
    },
  }));
  await chat.store.createRoom({ name: "den", canonical: "den", kind: "public" }, 1);
  const refused = await assertRejects(() => errand("den"), Refusal);
  assertEquals(refused.code, "unavailable");
  await chat.settle();
  assertEquals(left(), 0);
  await chat.close();
});

Deno.test("an errand whose answer does not come is given up in time", async () => {
  const gate = new Gate();
  const { chat, errand, left } = await setUp((store) => ({
    append: async (...group) => {
      await gate.pass(undefined);
      return await store.append(...group);
    },
  }));
  await (await chat.hub("lobby")).stop();
  gate.close();
  const late = assertRejects(() => errand("lobby"), Refusal, "no answer in time");
  await chat.settle();
  assertEquals(left(), 1);
  await chat.advance(10_000);
  await late;
  await chat.settle();
  assertEquals(left(), 0);
  gate.open();
  await chat.close();
});
