import { assert, assertEquals, assertFalse } from "@std/assert";
import { CLOSE, Refusal } from "../protocol/errors.ts";
import { type UserRef } from "../store/store.ts";
import { FakeChat } from "./fake_chat.ts";
import { code, LOBBY, route } from "./fake_route.ts";
import { user } from "./fake_session.ts";
import { Gate } from "./fake_store.ts";

const [alice, bob, carol] = [user("alice"), user("bob"), user("carol")];

Deno.test("a name is looked up among those online, then in the store", async () => {
  const chat = await FakeChat.open();
  await chat.connect(alice);
  await chat.store.ensureUser(bob, "bob", chat.clock.now());
  const found: (UserRef | Refusal)[] = [];
  for (const name of ["alice", "bob", "nobody"]) {
    const reply = (user: UserRef | Refusal) => found.push(user);
    chat.board.tell({ type: "resolve", name: { name, canonical: name }, reply });
  }
  await chat.settle();
  const names = found.map((user) => user instanceof Refusal ? user.code : user.id);
  assertEquals(names.sort(), ["alice", "bob", "no_such_user"]);
  await chat.close();
});

Deno.test("sessions are ended: all of a user, those of a token, or all but a token's", async () => {
  const ends = async (which: { token?: string; exceptToken?: string }) => {
    const chat = await FakeChat.open();
    const sessions = [
      await chat.connect(alice, "json", { id: "1", tokenId: "t1" }),
      await chat.connect(alice, "text", { id: "2", tokenId: "t2" }),
      await chat.connect(bob, "json", { tokenId: "t3" }),
    ];
    const code = CLOSE.unauthorized;
    chat.board.tell({ type: "end_sessions", user: "alice", code, reason: "out", ...which });
    await chat.settle();
    const closed = sessions.map((session) => session.closes().length);
    await chat.close();
    return closed;
  };
  assertEquals(await ends({}), [1, 1, 0]);
  assertEquals(await ends({ token: "t2" }), [0, 1, 0]);
  assertEquals(await ends({ exceptToken: "t2" }), [1, 0, 0]);
});

Deno.test("a group's first events are told to its maker's JSON sessions, to each member from its own on", async () => {
  const chat = await FakeChat.open();
  const [a, other] = [await chat.connect(alice), await chat.connect(alice, "json", { id: "2" })];
  const [text, b] = [await chat.connect(alice, "text", { id: "3" }), await chat.connect(bob)];
  const c = await chat.connect(carol, "json", { id: "4" });
  const room = await chat.group("team", alice, bob, carol);
  const rows = await chat.store.since(room.id, 0, room.seq, room.seq);
  chat.board.tell({ type: "began", room, rows, by: alice });
  await chat.settle();
  const all = ["1 room", "2 bob invited", "3 carol invited"];
  assertEquals([a, other].map((session) => session.news()), [all, all], "without a hole");
  assertEquals([text.lines(), b.news(), c.news()], [[], all.slice(1), all.slice(2)]);
  await chat.close();
});

Deno.test("shutting down lets the hubs finish, then closes everyone with 1001", async () => {
  const gate = new Gate();
  const chat = await FakeChat.open((store) => ({
    append: async (...group) => {
      await gate.pass(undefined);
      return await store.append(...group);
    },
  }));
  const [hub, b] = [await chat.hub("lobby"), await chat.connect(bob)];
  const a = await chat.connect(alice);
  await chat.hub("quiet");
  await chat.enter(hub, a);
  gate.close();
  chat.say(hub, a, "last words", "x");
  await chat.settle();
  let over = false;
  chat.board.tell({ type: "shutdown", reply: () => over = true });
  await chat.settle();
  assertEquals([over, a.closes(), b.closes()], [false, [], []]);
  const late = route(chat, LOBBY);
  const newcomer = await chat.connect(carol);
  assertEquals([newcomer.refused?.code, ...late.map(code)], ["unavailable", "unavailable"]);
  gate.open();
  await chat.settle();
  assert(over);
  assertFalse(hub.alive);
  assertEquals([a.closes(), b.closes()], [[CLOSE.goingAway], [CLOSE.goingAway]]);
  assertEquals(a.news(), ["sent x 1", "1 last words"]);
  await chat.close();
});

Deno.test("when it stops, no timer is left", async () => {
  const chat = await FakeChat.open();
  const hub = await chat.hub("lobby");
  const a = await chat.connect(alice);
  await chat.enter(hub, a);
  await chat.disconnect(await chat.connect(bob));
  await chat.close();
  assertEquals(chat.clock.pending, 0);
  assertEquals(chat.system.inspect(), []);
});
