import { assert, assertEquals, assertRejects } from "@std/assert";
import { Refusal } from "../protocol/errors.ts";
import type { Ref } from "./actor.ts";
import { FakeRef } from "./fake_ref.ts";
import { FakeSession, user } from "./fake_session.ts";
import { FakeSystem } from "./fake_system.ts";
import type { HubMessage } from "./hub_messages.ts";
import { Rooms, SESSION_ROOMS_MAX } from "./rooms.ts";
import type { SwitchboardMessage } from "./switchboard_messages.ts";

/** A switchboard that serves every room with the hub that `serve` says. */
function setUp(serve: (room: string) => Ref<HubMessage> | Refusal) {
  const fake = new FakeSystem();
  const routed: string[] = [];
  const board = fake.system.spawn<SwitchboardMessage>("switchboard", async (self) => {
    for await (const message of self.inbox) {
      if (message.type === "resolve") {
        const { name } = message.name;
        message.reply(
          name === "nobody" ? new Refusal("no_such_user", "nobody") : user(name.toLowerCase()),
        );
      } else if (message.type === "route") {
        const { key, create } = message;
        const room = key.kind === "named" ? key.canonical : `@${key.other.name}`;
        routed.push(create ? `${room} or make it` : room);
        message.reply(serve(room));
      }
    }
  }, { bound: 100 });
  const session = new FakeSession(user("alice"));
  const rooms = new Rooms(session, board);
  const say = (room: string) => rooms.send({ type: "message", room, content: "x" });
  return { fake, board, session, rooms, routed, say };
}

Deno.test("the hub of a room is asked for once, then told without waiting", async () => {
  const hub = new FakeRef<HubMessage>();
  const { board, rooms, routed, say } = setUp(() => hub);
  await rooms.join({ type: "join", room: "lobby" });
  assertEquals(say("lobby"), undefined, "it waits for nothing");
  await rooms.leave({ type: "leave", room: "lobby" });
  assertEquals(routed, ["lobby or make it"]);
  assertEquals(hub.told.map(({ type }) => type), ["join", "command", "leave"]);
  await board.stop();
});

Deno.test("a room is made by a join, a conversation by its first message, nothing by the rest", async () => {
  const { board, rooms, routed, say } = setUp(() => new FakeRef<HubMessage>());
  await rooms.join({ type: "join", room: "#Lobby" });
  await say("team");
  await say("@Bob");
  await rooms.send({ type: "typing", room: "@Carol" });
  await rooms.join({ type: "join", room: "@Dora" });
  await rooms.join({ type: "join", room: "hall", since: 0 });
  await rooms.join({ type: "join", room: "former", since: 1 });
  await rooms.join({ type: "join", room: "@Eve", since: 1 });
  assertEquals(routed, [
    "lobby or make it",
    "team",
    "@bob or make it",
    "@carol",
    "@dora or make it",
    "hall or make it",
    "former",
    "@eve",
  ]);
  await board.stop();
});

Deno.test("a hub that has ended is found anew", async () => {
  const hubs = [new FakeRef<HubMessage>(), new FakeRef<HubMessage>()];
  const [first, second] = hubs;
  const { board, routed, say } = setUp(() => hubs.find((hub) => hub.alive) ?? new FakeRef());
  await say("lobby");
  void first?.stop();
  await say("lobby");
  assertEquals([first?.told.length, second?.told.length, routed.length], [1, 1, 2]);
  await board.stop();
});

Deno.test("a full hub is waited for; one that ends meanwhile is found anew", async () => {
  let hub = new FakeRef<HubMessage>();
  const { fake, board, say } = setUp(() => hub);
  await say("lobby");
  hub.bound = 1;
  let told = false;
  void say("lobby")?.then(() => told = true);
  await fake.settle();
  assertEquals(told, false, "what did not fit was not waited for");
  hub.take();
  await fake.settle();
  assert(told);
  const next = say("lobby");
  const full = hub;
  hub = new FakeRef();
  await fake.settle();
  void full.stop();
  await next;
  assertEquals(hub.told.length, 1);
  await board.stop();
});

Deno.test("a command that names a user comes to the hub with that user, or is refused", async () => {
  const hub = new FakeRef<HubMessage>();
  const { board, rooms } = setUp(() => hub);
  await rooms.send({ type: "kick", room: "lobby", user: "@Bob" });
  const [message] = hub.told;
  assert(message?.type === "command");
  assertEquals(message.target, user("bob"));
  await assertRejects(
    () => rooms.send({ type: "kick", room: "lobby", user: "nobody" }) ?? Promise.resolve(),
    Refusal,
    "nobody",
  );
  await board.stop();
});

Deno.test("what cannot be a room is refused by name, and so is talking to oneself", async () => {
  const { board, rooms, routed } = setUp(() => new Refusal("no_such_room", "none"));
  const code = (room: string) =>
    rooms.join({ type: "join", room }).then(() => "joined", (error) => error.code);
  assertEquals([await code("a b"), await code("@Alice"), await code("lobby")], [
    "bad_name",
    "forbidden",
    "no_such_room",
  ]);
  assertEquals([routed.length, [...rooms.joined()].length], [1, 0]);
  await board.stop();
});

Deno.test("hubs that may have a place for the session are known until it has left", async () => {
  const { board, rooms } = setUp(() => new FakeRef<HubMessage>());
  await rooms.join({ type: "join", room: "a" });
  await rooms.join({ type: "join", room: "b" });
  await rooms.leave({ type: "leave", room: "a" });
  assertEquals([...rooms.joined()].length, 1);
  await board.stop();
});

Deno.test("one connection has so many rooms at a time, but may go through any number", async () => {
  const { board, rooms } = setUp(() => new FakeRef<HubMessage>());
  for (let room = 0; room < SESSION_ROOMS_MAX + 10; room++) {
    await rooms.join({ type: "join", room: `past-${room}` });
    await rooms.leave({ type: "leave", room: `past-${room}` });
  }
  for (let room = 0; room < SESSION_ROOMS_MAX; room++) {
    await rooms.join({ type: "join", room: `room-${room}` });
  }
  const tooMany = await assertRejects(() => rooms.join({ type: "join", room: "more" }), Refusal);
  assertEquals(tooMany.code, "conflict");
  const [ended] = rooms.joined();
  void ended?.stop();
  await rooms.join({ type: "join", room: "more" });
  await board.stop();
});
