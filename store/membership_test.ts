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
  text,
} from "./suite.ts";
import type { LogRow, Room, Store, UserRef } from "./store.ts";

const leave = { type: "leave" } as const;
const invite = (user: UserRef) => ({ type: "invite", user }) as const;
const kick = (user: UserRef) => ({ type: "kick", user }) as const;
const ban = (user: UserRef) => ({ type: "ban", user }) as const;
const mute = (user: UserRef) => ({ type: "mute", user, untilMs: 5000 }) as const;
const unban = (user: UserRef) => ({ type: "unban", user }) as const;
const role = (user: UserRef, role: "owner" | "moderator" | "member") =>
  ({ type: "role", user, role }) as const;

async function roles(store: Store, where: Room): Promise<string> {
  const members = await store.members(where.id, 10);
  return members.map(({ user, role }) => `${user.name}:${role}`).join(" ");
}

function change(row: LogRow): unknown {
  return row.type === "member" ? [row.from, row.change, row.user] : row.type;
}

promise("an invited user is a member, with nothing unread, until they leave", async (store) => {
  const team = await group(store, ALICE);
  await say(store, team, ALICE, "before");
  assertEquals(change(await done(store, team, ALICE, invite(BOB))), ["alice", "invited", "bob"]);
  assertEquals(await roles(store, team), "alice:owner bob:member");
  assertEquals((await store.conversations(BOB.id)).map((c) => c.unread), [0]);
  assertEquals(await outcome(store, team, ALICE, invite(BOB)), "conflict");
  assertEquals(change(await done(store, team, BOB, leave)), ["bob", "left", "bob"]);
  assertEquals(await roles(store, team), "alice:owner");
  assertEquals(await store.conversations(BOB.id), []);
  assertEquals(await outcome(store, team, BOB, leave), "not_member");
});

promise("who comes back to a group has nothing unread of the time between", async (store) => {
  const team = await group(store, ALICE, BOB);
  await done(store, team, ALICE, kick(BOB));
  for (let i = 0; i < 5; i++) await say(store, team, ALICE, "meanwhile");
  await done(store, team, ALICE, invite(BOB));
  await say(store, team, ALICE, "welcome back");
  assertEquals((await store.conversations(BOB.id)).map((c) => c.unread), [1]);
});

promise("an invitation counts from where the log is inside its own group", async (store) => {
  const team = await group(store, ALICE);
  await store.append([
    { room: team.id, by: ALICE, op: text("one") },
    { room: team.id, by: ALICE, op: invite(BOB) },
    { room: team.id, by: ALICE, op: text("two") },
  ], 1000);
  const [conversation] = await store.conversations(BOB.id);
  assertEquals([conversation?.read, conversation?.unread], [3, 1]);
});

promise("an owner hands over before leaving, and is a moderator then", async (store) => {
  const team = await group(store, ALICE, BOB, CAROL);
  assertEquals(await outcome(store, team, ALICE, leave), "conflict");
  assertEquals(await outcome(store, team, ALICE, role(DAVE, "owner")), "not_member");
  const row = await done(store, team, ALICE, role(BOB, "owner"));
  assertEquals(row.type === "member" && [row.from, row.user, row.role], ["alice", "bob", "owner"]);
  assertEquals(await roles(store, team), "bob:owner alice:moderator carol:member");
  assertEquals(await outcome(store, team, ALICE, leave), "written");
  assertEquals(await roles(store, team), "bob:owner carol:member");
});

promise("a role given again writes nothing", async (store) => {
  const team = await group(store, ALICE, BOB);
  assertEquals(await outcome(store, team, ALICE, role(BOB, "member")), "unchanged");
  assertEquals(await outcome(store, team, ALICE, role(BOB, "moderator")), "written");
  assertEquals(await outcome(store, team, BOB, role(BOB, "owner")), "forbidden");
});

promise("a group ends with its last member, and its name is free", async (store) => {
  const team = await group(store, ALICE, BOB);
  await done(store, team, BOB, leave);
  const row = await done(store, team, ALICE, leave, 77);
  assertEquals(row.type === "room" && row.dissolved, true);
  assertEquals(await outcome(store, team, ALICE, text("anyone?")), "no_such_room");
  assertEquals((await store.room(team.id))?.dissolvedAt, 77);
  assertEquals(await store.roomByName("team"), undefined);
  assertEquals((await group(store, BOB)).id === team.id, false);
});

promise("a dissolved room takes nothing more, in the same group of writes too", async (store) => {
  const team = await group(store, ALICE, BOB);
  assertEquals(await outcome(store, team, BOB, { type: "dissolve" }), "forbidden");
  const results = await store.append([
    { room: team.id, by: ALICE, op: { type: "dissolve" } },
    { room: team.id, by: BOB, op: text("too late") },
  ], 9);
  assertEquals(results.map((r) => "refused" in r ? r.refused : r.row?.type), [
    "room",
    "no_such_room",
  ]);
  assertEquals(await store.conversations(BOB.id), []);
  assertEquals(await store.peers(BOB.id), []);
});

promise("a ban ends a membership and holds until it is lifted", async (store) => {
  const team = await group(store, ALICE, BOB);
  const row = await done(store, team, ALICE, { ...ban(BOB), reason: "spam" });
  assertEquals(row.type === "member" && [row.change, row.reason], ["banned", "spam"]);
  assertEquals(await outcome(store, team, ALICE, ban(BOB)), "unchanged");
  assertEquals(await outcome(store, team, ALICE, invite(BOB)), "conflict");
  assertEquals(await store.standing(team.id, BOB.id).then((s) => [s.role, s.banned]), [
    undefined,
    true,
  ]);
  assertEquals(await outcome(store, team, BOB, leave), "banned");
  assertEquals(await outcome(store, team, ALICE, unban(BOB)), "written");
  assertEquals(await outcome(store, team, ALICE, unban(BOB)), "unchanged");
  assertEquals(await outcome(store, team, ALICE, invite(BOB)), "written");
});

promise("a stranger can be banned from a public room before they come", async (store) => {
  const lobby = await room(store, { owner: ALICE });
  assertEquals(await outcome(store, lobby, ALICE, ban(DAVE)), "written");
  await store.enroll(lobby.id, DAVE, 5);
  assertEquals((await store.standing(lobby.id, DAVE.id)).role, undefined);
  const react = { type: "react", target: 1, emoji: "x", on: true } as const;
  assertEquals(await outcome(store, lobby, DAVE, react), "banned");
});

promise(
  "who merely joined a public room gets a role, and begins with nothing unread",
  async (store) => {
    const lobby = await room(store, { owner: ALICE });
    await say(store, lobby, ALICE, "hello");
    assertEquals(change(await done(store, lobby, ALICE, role(BOB, "moderator"))), [
      "alice",
      "role",
      "bob",
    ]);
    assertEquals(await roles(store, lobby), "alice:owner bob:moderator");
    const [conversation] = await store.conversations(BOB.id);
    assertEquals([conversation?.room.name, conversation?.unread], [lobby.name, 0]);
    assertEquals(await outcome(store, lobby, ALICE, ban(DAVE)), "written");
    assertEquals(await outcome(store, lobby, ALICE, role(DAVE, "member")), "conflict");
  },
);

promise("a mute has an end and can be ended", async (store) => {
  const lobby = await room(store, { owner: ALICE });
  const mute = (untilMs: number) => ({ type: "mute", user: BOB, untilMs }) as const;
  const react = { type: "react", target: 2, emoji: "x", on: true } as const;
  await say(store, lobby, ALICE, "hello");
  assertEquals(await outcome(store, lobby, ALICE, mute(500), 1000), "unchanged");
  const row = await done(store, lobby, ALICE, mute(2000), 1000);
  assertEquals(row.type === "member" && [row.change, row.untilMs], ["muted", 2000]);
  assertEquals((await store.standing(lobby.id, BOB.id)).mutedUntil, 2000);
  assertEquals(await outcome(store, lobby, BOB, react, 1500), "muted");
  assertEquals(change(await done(store, lobby, ALICE, mute(0), 1500)), ["alice", "unmuted", "bob"]);
  assertEquals(await outcome(store, lobby, BOB, react, 1500), "written");
});

promise("a mute outlives being put out, and the invitation says so", async (store) => {
  const team = await group(store, ALICE, BOB);
  await done(store, team, ALICE, { type: "mute", user: BOB, untilMs: 5000 }, 1000);
  await done(store, team, ALICE, kick(BOB), 1000);
  const row = await done(store, team, ALICE, invite(BOB), 2000);
  assertEquals(row.type === "member" && row.untilMs, 5000);
  assertEquals((await store.members(team.id, 9)).map((m) => m.mutedUntil), [0, 5000]);
});

promise(
  "coming to a public room and going is not in its log; giving up a role is",
  async (store) => {
    const lobby = await room(store, { owner: ALICE });
    for (const user of [BOB, CAROL]) await store.enroll(lobby.id, user, 5);
    await done(store, lobby, ALICE, role(BOB, "moderator"));
    const before = (await log(store, lobby)).length;
    assertEquals(await act(store, lobby, CAROL, leave), { row: undefined, seq: before });
    assertEquals(await act(store, lobby, DAVE, leave), { row: undefined, seq: before });
    assertEquals(change(await done(store, lobby, BOB, leave)), ["bob", "left", "bob"]);
    assertEquals(await outcome(store, lobby, ALICE, leave), "conflict");
    assertEquals(await roles(store, lobby), "alice:owner");
  },
);

promise("a refused operation writes nothing at all", async (store) => {
  const team = await group(store, ALICE, BOB);
  const before = [await log(store, team), await roles(store, team)];
  const refusals: [UserRef, Parameters<typeof outcome>[3], string][] = [
    [BOB, kick(ALICE), "forbidden"],
    [BOB, invite(CAROL), "forbidden"],
    [CAROL, invite(CAROL), "not_member"],
    [ALICE, kick(CAROL), "not_member"],
    [ALICE, kick(ALICE), "forbidden"],
    [ALICE, { ...kick(BOB), reason: "a\0b" }, "bad_command"],
    [ALICE, { type: "set", title: "\ud800" }, "bad_command"],
    [BOB, { type: "set", title: "mine" }, "forbidden"],
  ];
  for (const [by, op, code] of refusals) assertEquals(await outcome(store, team, by, op), code);
  assertEquals([await log(store, team), await roles(store, team)], before);
});

promise(
  "belongings are the groups and begun direct conversations of users, and where they stand",
  async (store) => {
    const lobby = await room(store);
    await store.enroll(lobby.id, ALICE, 1000);
    const team = await group(store, ALICE, BOB);
    const direct = await store.openDirect(ALICE, CAROL, 1000);
    const silent = await store.openDirect(ALICE, DAVE, 1000);
    await say(store, direct, CAROL, "x");
    await done(store, team, ALICE, invite(CAROL));
    await say(store, team, ALICE, "y");
    const shown = async (...users: UserRef[]) =>
      (await store.belongings(users.map(({ id }) => id)))
        .map(({ room, kind, seq, user, read }) =>
          `${user.slice(0, 3)} ${kind} ${room} ${seq} ${read}`
        )
        .sort();
    const [id, directId] = [team.id, direct.id];
    assertEquals(await shown(ALICE), [`ali direct ${directId} 1 0`, `ali group ${id} 4 2`]);
    // Who is invited begins with nothing unread, the invitation included.
    assertEquals(await shown(BOB, CAROL, DAVE), [
      `bob group ${id} 4 2`,
      `car direct ${directId} 1 0`,
      `car group ${id} 4 3`,
    ]);
    await done(store, team, ALICE, kick(BOB));
    assertEquals(await shown(BOB), []);
    assertEquals(await store.belongings([]), []);
    assertEquals(silent.seq, 0);
  },
);

promise(
  "an account that was deleted becomes no member, whoever still knows its name",
  async (store) => {
    const team = await group(store, ALICE);
    const den = await room(store, { name: "den", owner: ALICE });
    await store.createAccount(BOB, "bob", "hash", 1);
    await store.deleteUser(BOB.id, 2);
    assertEquals(await outcome(store, team, ALICE, invite(BOB)), "no_such_user");
    assertEquals(await outcome(store, den, ALICE, role(BOB, "owner")), "no_such_user");
    assertEquals([await roles(store, team), await roles(store, den)], [
      "alice:owner",
      "alice:owner",
    ]);
    const name = { name: "new", canonical: "new" };
    for (const kind of ["group", "public"] as const) {
      for (const people of [{ owner: ALICE, members: [BOB] }, { owner: BOB }]) {
        const made = await store.createRoom({ ...name, kind, ...people }, 3);
        assertEquals("refused" in made && made.refused, "no_such_user", kind);
        assertEquals(await store.roomByName("new"), undefined);
      }
    }
  },
);

/** The lobby that people merely joined, and Carol, who is an administrator and not in it. */
async function caredFor(store: Store): Promise<Room> {
  const lobby = await room(store);
  await store.createAccount(CAROL, "carol", "hash", 1);
  await store.setAdmin(CAROL.id, true);
  for (const user of [ALICE, BOB]) await store.enroll(lobby.id, user, 5);
  return lobby;
}

promise("an administrator takes care of a public room that nobody owns", async (store) => {
  const lobby = await caredFor(store);
  const { seq: target } = await say(store, lobby, BOB, "spam");
  const ops = [
    { type: "delete", target },
    { type: "set", topic: "Be kind" },
    mute(BOB),
    kick(BOB),
    ban(BOB),
    unban(BOB),
    role(ALICE, "moderator"),
    { type: "dissolve" },
  ] as const;
  for (const op of ops) assertEquals(await outcome(store, lobby, ALICE, op), "forbidden", op.type);
  for (const op of ops) assertEquals(await outcome(store, lobby, CAROL, op), "written", op.type);
});

promise("who is an administrator no more is none from the next write on", async (store) => {
  const lobby = await caredFor(store);
  const batch = [{ room: lobby.id, by: CAROL, op: kick(BOB) }];
  assertEquals(await outcome(store, lobby, CAROL, mute(BOB)), "written");
  await store.setAdmin(CAROL.id, false);
  const [result] = await store.append(batch, 1000);
  assertEquals(result && "refused" in result && result.refused, "forbidden");
  await store.setAdmin(CAROL.id, true);
  await store.deleteUser(CAROL.id, 6);
  assertEquals(await outcome(store, lobby, CAROL, kick(BOB)), "forbidden");
});

promise("an administrator names an owner, in the place of another or of none", async (store) => {
  const lobby = await caredFor(store);
  assertEquals(await outcome(store, lobby, CAROL, role(ALICE, "owner")), "written");
  assertEquals(await roles(store, lobby), "alice:owner bob:member");
  assertEquals(await outcome(store, lobby, CAROL, role(BOB, "owner")), "written");
  assertEquals(await roles(store, lobby), "bob:owner alice:moderator");
  // Twice within one group of writes: there is never more than one.
  const both = [ALICE, CAROL].map((user) => ({
    room: lobby.id,
    by: CAROL,
    op: role(user, "owner"),
  }));
  await store.append(both, 1000);
  assertEquals(await roles(store, lobby), "carol:owner alice:moderator bob:moderator");
  assertEquals(await outcome(store, lobby, CAROL, role(BOB, "owner")), "written");
  assertEquals(await outcome(store, lobby, BOB, kick(CAROL)), "forbidden");
  assertEquals(await outcome(store, lobby, CAROL, ban(BOB)), "written");
  assertEquals(await roles(store, lobby), "alice:moderator carol:moderator");
});

promise(
  "a ban from before somebody was an administrator is lifted by themselves",
  async (store) => {
    const lobby = await room(store, { owner: ALICE });
    await store.createAccount(CAROL, "carol", "hash", 1);
    await done(store, lobby, ALICE, ban(CAROL));
    assertEquals(await outcome(store, lobby, CAROL, unban(CAROL)), "banned");
    await store.setAdmin(CAROL.id, true);
    assertEquals(await outcome(store, lobby, CAROL, unban(CAROL)), "written");
    assertEquals(await outcome(store, lobby, ALICE, ban(CAROL)), "forbidden");
  },
);

promise("an administrator has no part in groups and direct conversations", async (store) => {
  await caredFor(store);
  const team = await group(store, ALICE, BOB);
  const direct = await store.openDirect(ALICE, BOB, 1);
  const { seq } = await say(store, team, BOB, "secret");
  await say(store, direct, BOB, "secret");
  const ops = [
    { type: "set", title: "mine" },
    kick(BOB),
    ban(BOB),
    mute(BOB),
    role(CAROL, "owner"),
    invite(CAROL),
    { type: "dissolve" },
  ] as const;
  for (const where of [team, direct]) {
    for (const op of [{ type: "delete", target: where === team ? seq : 1 }, ...ops] as const) {
      assertEquals(await outcome(store, where, CAROL, op), "not_member", op.type);
    }
  }
});

promise("who blocks somebody is made a member of nothing by them", async (store) => {
  await store.setBlocked(BOB, ALICE, true, 1);
  assertEquals([await store.blocks(BOB.id, ALICE.id), await store.blocks(ALICE.id, BOB.id)], [
    true,
    false,
  ]);
  const team = await group(store, ALICE, CAROL);
  assertEquals(await outcome(store, team, ALICE, invite(BOB)), "blocked");
  for (const kind of ["group", "public"] as const) {
    const made = await store.createRoom(
      { name: "new", canonical: "new", kind, owner: ALICE, members: [CAROL, BOB] },
      3,
    );
    assertEquals("refused" in made && made.refused, "blocked");
    assertEquals(await store.roomByName("new"), undefined);
  }
  const den = await room(store, { name: "den", owner: ALICE });
  assertEquals(await outcome(store, den, ALICE, role(BOB, "member")), "blocked");
  assertEquals(await store.conversations(BOB.id), []);
  // By their own doing, and by others, they come; and then a role is a role.
  await store.enroll(den.id, BOB, 5);
  assertEquals(await outcome(store, den, ALICE, role(BOB, "moderator")), "written");
  assertEquals(await outcome(store, team, ALICE, role(CAROL, "moderator")), "written");
  assertEquals(await outcome(store, team, CAROL, invite(BOB)), "written");
  // Who blocks may do all that, and so may all when it has ended.
  const other = await room(store, { name: "other", kind: "group", owner: BOB, members: [ALICE] });
  assertEquals(await outcome(store, other, BOB, kick(ALICE)), "written");
  assertEquals(await outcome(store, other, BOB, invite(ALICE)), "written");
  await store.setBlocked(BOB, ALICE, false, 6);
  assertEquals(await outcome(store, team, ALICE, kick(BOB)), "written");
  assertEquals(await outcome(store, team, ALICE, invite(BOB)), "written");
});

promise("a block counts in the group of writes that invites and writes directly", async (store) => {
  await store.setBlocked(BOB, ALICE, true, 1);
  const team = await group(store, ALICE);
  const direct = await store.openDirect(ALICE, CAROL, 1);
  const results = await store.append([
    { room: direct.id, by: ALICE, op: text("hello") },
    { room: team.id, by: ALICE, op: invite(BOB) },
    { room: team.id, by: ALICE, op: invite(CAROL) },
  ], 9);
  assertEquals(results.map((r) => "refused" in r ? r.refused : r.row?.seq), [1, "blocked", 2]);
});
