import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { type Room, STRANGER, type UserRef } from "../store/store.ts";
import type { Frame } from "../transport/socket.ts";
import { Arrivals } from "./arrivals.ts";
import { Audience, hold, letGo, type Person } from "./audience.ts";
import { FakeSession, user } from "./fake_session.ts";
import type { View } from "./session.ts";
import { WRITER_BOUND, WRITER_MAX_CHARS } from "./outbox.ts";
import { joinsAgain } from "./recovery.ts";

const LOBBY: Room = { id: 1, name: "lobby", kind: "public", seq: 0, createdAt: 0 };
const [alice, bob] = [user("alice"), user("bob")];
const DIRECT: Room = {
  id: 2,
  name: "direct",
  kind: "direct",
  seq: 0,
  createdAt: 0,
  between: [alice, bob],
};

function person(user: UserRef): Person {
  return { user, places: new Set(), standing: STRANGER };
}

function enter(audience: Audience, user: UserRef, view: View = "json", id = user.name) {
  const session = new FakeSession(user, view, { id });
  const known = audience.people.get(user.id) ?? person(user);
  return { session, place: audience.add(session, known, 0) };
}

function frames(session: FakeSession): readonly Frame[] {
  return session.writer.told as Frame[];
}

Deno.test("text is made once for each kind of viewer and shared as one frame", () => {
  const audience = new Audience(LOBBY);
  const all = ["json", "json", "text", "bare", "text"] as const;
  const sessions = all.map((view, index) => enter(audience, user(`u${index}`), view).session);
  const made: string[] = [];
  audience.broadcast((view, room) => {
    made.push(`${view} ${room}`);
    return view === "bare" ? undefined : view;
  });
  assertEquals(made.sort(), ["bare lobby", "json lobby", "text lobby"]);
  assertEquals(sessions.map((session) => frames(session).map(({ text }) => text)), [
    ["json"],
    ["json"],
    ["text"],
    [],
    ["text"],
  ]);
  const [a, b] = sessions;
  assert(a && b);
  assertStrictEquals(frames(a)[0], frames(b)[0]);
});

Deno.test("those who are to hear first do, on each of their connections, and nobody hears twice", () => {
  const audience = new Audience(LOBBY);
  const order: string[] = [];
  const listen = (name: string, view: View, id = name) => {
    const { session } = enter(audience, user(name), view, id);
    const { writer } = session;
    const tell = writer.tell.bind(writer);
    writer.tell = (message) => {
      order.push(id);
      return tell(message);
    };
    return session;
  };
  const sessions = [
    listen("ada", "json"),
    listen("bob", "text"),
    listen("cyd", "json", "cyd 1"),
    listen("dan", "text"),
    listen("cyd", "text", "cyd 2"),
    listen("eve", "bare"),
  ];
  audience.broadcast((view) => view === "bare" ? undefined : view, {
    first: ["dan", "cyd", "gone", "eve", "cyd"],
    to: ({ person }) => person.user.id !== "bob",
  });
  assertEquals(order, ["dan", "cyd 1", "cyd 2", "ada"]);
  assertEquals(sessions.map((session) => frames(session).map(({ text }) => text)), [
    ["json"],
    [],
    ["json"],
    ["text"],
    ["text"],
    [],
  ]);
});

Deno.test("a direct room is called after the other, for each of the two", () => {
  const audience = new Audience(DIRECT);
  const [a, b] = [enter(audience, alice).session, enter(audience, bob).session];
  audience.broadcast((_view, room) => room);
  assertEquals([a.lines(), b.lines()], [["@bob"], ["@alice"]]);
});

Deno.test("who left gets nothing, and nothing is made for kinds of viewers that are gone", () => {
  const audience = new Audience(LOBBY);
  const left = enter(audience, alice, "text");
  const stays = enter(audience, bob);
  audience.remove(left.place);
  const made: View[] = [];
  audience.broadcast((view) => {
    made.push(view);
    return "x";
  });
  assertEquals(made, ["json"]);
  assertEquals([left.session.lines(), stays.session.lines()], [[], ["x"]]);
  assertEquals(audience.size, 1);
});

Deno.test("a place that catches up is held what happens meanwhile, up to the writer's bound", () => {
  const audience = new Audience(LOBBY);
  const { session, place } = enter(audience, alice);
  const other = enter(audience, bob).session;
  hold(place);
  for (let event = 0; event < WRITER_BOUND; event++) audience.broadcast(() => "x");
  assertEquals([session.writer.told.length, session.overflows], [0, 0]);
  assertEquals(place.held?.length, WRITER_BOUND);
  audience.broadcast(() => "x");
  assertEquals(session.overflows, 1);
  assertEquals(other.lines().length, WRITER_BOUND + 1);
});

Deno.test("all rooms together hold no more for a connection than may wait for it", () => {
  const session = new FakeSession(alice);
  const half = "x".repeat(WRITER_MAX_CHARS / 2);
  /** In a room of its own. */
  const holdHalf = () => {
    const audience = new Audience(LOBBY);
    const place = audience.add(session, person(alice), 0);
    hold(place);
    audience.broadcast(() => half);
    return { audience, place };
  };
  holdHalf();
  const ways: ((held: ReturnType<typeof holdHalf>) => void)[] = [
    ({ place }) => letGo(place),
    ({ place }) => hold(place),
    ({ audience }) => joinsAgain(audience, new Arrivals(audience), 0),
    ({ audience, place }) => audience.remove(place),
  ];
  for (const [index, letHeldGo] of ways.entries()) {
    letHeldGo(holdHalf());
    assertEquals(session.overflows, 0, `way ${index}`);
  }
  holdHalf();
  assertEquals(session.overflows, 0);
  holdHalf();
  assertEquals(session.overflows, 1);
});

Deno.test("a member whose outbox is full is dropped, and the others get everything", () => {
  const audience = new Audience(LOBBY);
  const slow = enter(audience, alice).session;
  const quick = enter(audience, bob).session;
  slow.writer.bound = 3;
  for (let event = 0; event < 10; event++) audience.broadcast(() => `${event}`);
  assertEquals(slow.overflows, 1);
  assertEquals(slow.lines(), ["0", "1", "2"]);
  assertEquals(quick.lines().length, 10);
});

Deno.test("when the text for one kind of viewer cannot be made, nobody is sent anything", () => {
  const audience = new Audience(LOBBY);
  const sessions = [enter(audience, alice, "json").session, enter(audience, bob, "text").session];
  assertThrows(() =>
    audience.broadcast((view) => {
      if (view === "text") throw new Error("cannot be shown");
      return "x";
    })
  );
  assertEquals(sessions.map((session) => session.lines()), [[], []]);
});
