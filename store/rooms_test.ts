import { assertEquals } from "@std/assert";
import {
  act,
  ALICE,
  BOB,
  CAROL,
  DAVE,
  done,
  group,
  log,
  outcome,
  promise,
  room,
  say,
} from "./suite.ts";

promise("a room that nobody owns begins with an empty log", async (store) => {
  const lobby = await room(store, { name: "Lobby", canonical: "lobby" });
  assertEquals(lobby, { id: lobby.id, name: "Lobby", kind: "public", seq: 0, createdAt: 1 });
  assertEquals(await store.roomByName("lobby"), lobby);
  assertEquals(await store.room(lobby.id), lobby);
  assertEquals(await store.room(999), undefined);
  assertEquals(await log(store, lobby), []);
});

promise("a room's log begins with its making and its first members", async (store) => {
  const team = await room(store, {
    name: "team",
    kind: "group",
    title: "The team",
    topic: "",
    owner: ALICE,
    members: [BOB, ALICE, CAROL, BOB],
  });
  assertEquals([team.title, team.topic, team.seq], ["The team", undefined, 3]);
  const rows = await log(store, team);
  assertEquals(rows.map((row) => row.type === "member" ? row.user : row.type), [
    "room",
    "bob",
    "carol",
  ]);
  assertEquals(rows[0]?.type === "room" && [rows[0].created, rows[0].title], [true, "The team"]);
  assertEquals((await store.members(team.id, 2)).map((m) => [m.user, m.role, m.read]), [
    [ALICE, "owner", 3],
    [BOB, "member", 3],
  ]);
  assertEquals(await store.memberCount(team.id), 3);
});

promise("a room's name is given once", async (store) => {
  await room(store, { name: "Lobby", canonical: "lobby" });
  const second = { name: "LOBBY", canonical: "lobby", kind: "group", owner: ALICE } as const;
  const refused = await store.createRoom(second, 2);
  assertEquals("refused" in refused && refused.refused, "conflict");
  assertEquals(await store.userById(ALICE.id), undefined);
});

promise("public rooms are listed by name, without groups and what is dissolved", async (store) => {
  for (const name of ["zoo", "ant", "gone"]) await room(store, { name, owner: ALICE });
  await group(store, ALICE);
  const gone = await store.roomByName("gone");
  if (gone) await done(store, gone, ALICE, { type: "dissolve" });
  assertEquals((await store.publicRooms(10)).map((r) => r.name), ["ant", "zoo"]);
  assertEquals((await store.publicRooms(1)).map((r) => r.name), ["ant"]);
});

promise(
  "a card's change tells what differs, and an empty text takes a field away",
  async (store) => {
    const lobby = await room(store, { owner: ALICE, title: "Old", topic: "About" });
    const op = { type: "set", title: "New", topic: "About", icon: "" } as const;
    const row = await done(store, lobby, ALICE, op, 7);
    assertEquals(row, { type: "room", room: lobby.id, seq: 2, at: 7, from: "alice", title: "New" });
    assertEquals(await act(store, lobby, ALICE, op), { row: undefined, seq: 2 });
    await done(store, lobby, ALICE, { type: "set", title: "" });
    const now = await store.room(lobby.id);
    assertEquals([now?.title, now?.topic], [undefined, "About"]);
    assertEquals(await outcome(store, lobby, BOB, op), "forbidden");
  },
);

promise("two users have one direct room, whoever opens it", async (store) => {
  assertEquals(await store.directBetween(ALICE.id, DAVE.id), undefined);
  const direct = await store.openDirect(ALICE, DAVE, 3);
  assertEquals(direct.between, [ALICE, DAVE]);
  assertEquals(await store.openDirect(DAVE, ALICE, 4), direct);
  assertEquals(await store.directBetween(DAVE.id, ALICE.id), direct);
  assertEquals((await store.standing(direct.id, DAVE.id)).role, "member");
  for (
    const op of [{ type: "leave" }, { type: "dissolve" }, { type: "set", title: "x" }] as const
  ) {
    assertEquals(await outcome(store, direct, ALICE, op), "forbidden");
  }
});

promise("being enrolled is a role, nothing unread and nothing in the log", async (store) => {
  const lobby = await room(store);
  for (let i = 0; i < 3; i++) await say(store, lobby, BOB, "before");
  await store.enroll(lobby.id, ALICE, 5);
  await say(store, lobby, BOB, "after");
  await store.enroll(lobby.id, ALICE, 6);
  const [conversation] = await store.conversations(ALICE.id);
  assertEquals([conversation?.role, conversation?.read, conversation?.unread], ["member", 3, 1]);
  assertEquals((await store.room(lobby.id))?.seq, 4);
  const team = await group(store, BOB);
  await store.enroll(team.id, ALICE, 5);
  assertEquals((await store.standing(team.id, ALICE.id)).role, undefined);
});
