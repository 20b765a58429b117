import { assertEquals } from "@std/assert";
import { ALICE, BOB, CAROL, DAVE, done, group, log, promise, room, say } from "./suite.ts";
import type { Append, Op, Room, Store, UserRef } from "./store.ts";

promise("a read mark moves forward only, and not beyond the log", async (store) => {
  const team = await group(store, ALICE, BOB);
  for (let i = 0; i < 4; i++) await say(store, team, ALICE, "hello");
  const marks = [];
  for (const seq of [4, 3, 99, 0]) marks.push(await store.markRead(team.id, BOB, seq));
  assertEquals(marks, [4, 4, 6, 6]);
  assertEquals((await store.standing(team.id, BOB.id)).read, 6);
});

promise("a read mark of somebody without a role is kept", async (store) => {
  const lobby = await room(store);
  await say(store, lobby, ALICE, "hello");
  assertEquals(await store.markRead(lobby.id, DAVE, 1), 1);
  assertEquals(await store.standing(lobby.id, DAVE.id), { banned: false, mutedUntil: 0, read: 1 });
});

promise("unread is what others wrote after my mark and nobody deleted", async (store) => {
  const team = await group(store, ALICE, BOB);
  const seqs = [];
  for (const by of [ALICE, ALICE, BOB, ALICE, BOB]) {
    seqs.push((await say(store, team, by, "hello")).seq);
  }
  const unread = async () => (await store.conversations(BOB.id)).map((c) => c.unread);
  assertEquals(await unread(), [3]);
  await done(store, team, BOB, { type: "react", target: seqs[0] ?? 0, emoji: "x", on: true });
  await done(store, team, ALICE, { type: "edit", target: seqs[1] ?? 0, content: "edited" });
  assertEquals(await unread(), [3]);
  await done(store, team, ALICE, { type: "delete", target: seqs[1] ?? 0 });
  await done(store, team, BOB, { type: "delete", target: seqs[2] ?? 0 });
  assertEquals(await unread(), [2]);
  await store.markRead(team.id, BOB, seqs[0] ?? 0);
  assertEquals(await unread(), [1]);
  await store.markRead(team.id, BOB, seqs[3] ?? 0);
  assertEquals(await unread(), [0]);
});

promise(
  "conversations are the rooms I belong to, with the other's name in a direct one",
  async (store) => {
    const team = await group(store, ALICE, BOB);
    const direct = await store.openDirect(ALICE, CAROL, 1);
    assertEquals((await store.conversations(CAROL.id)).length, 0);
    await say(store, direct, ALICE, "psst");
    assertEquals(await store.conversations(CAROL.id), [{
      room: { ...direct, seq: 1 },
      other: ALICE,
      role: "member",
      read: 0,
      unread: 1,
    }]);
    assertEquals((await store.conversations(ALICE.id)).map((c) => [c.room.id, c.role, c.unread]), [
      [team.id, "owner", 0],
      [direct.id, "member", 0],
    ]);
    assertEquals((await store.conversations("nobody")).length, 0);
  },
);

promise("peers are those I share a group or a begun direct conversation with", async (store) => {
  const lobby = await room(store, { owner: ALICE });
  await store.enroll(lobby.id, DAVE, 1);
  await group(store, ALICE, BOB);
  const direct = await store.openDirect(ALICE, CAROL, 1);
  assertEquals(await store.peers(ALICE.id), [BOB.id]);
  await say(store, direct, ALICE, "psst");
  assertEquals([...await store.peers(ALICE.id)].sort(), [BOB.id, CAROL.id]);
  assertEquals(await store.peers(DAVE.id), []);
});

/** Counted the slow way, from the log itself. */
async function counted(store: Store, where: Room, user: UserRef): Promise<number> {
  const { read } = await store.standing(where.id, user.id);
  return (await log(store, where)).filter((row) =>
    row.type === "message" && row.seq > read && row.fromId !== user.id && !row.deletedAt
  ).length;
}

promise("unread agrees with the log after any sequence of operations", async (store) => {
  const users = [ALICE, BOB, CAROL];
  const teams = [
    await room(store, { name: "one", kind: "group", owner: ALICE, members: [BOB, CAROL] }),
    await room(store, { name: "two", kind: "group", owner: BOB, members: [ALICE, CAROL] }),
  ];
  let state = 20250101;
  const random = (n: number) => (state = (state * 1103515245 + 12345) % 2147483648) % n;
  const operation = (target: number): Op => {
    switch (random(5)) {
      case 0:
        return { type: "delete", target };
      case 1:
        return { type: "edit", target, content: "edited" };
      case 2:
        return { type: "react", target, emoji: "x", on: random(2) === 0 };
      default:
        return { type: "message", content: "hello", key: `${random(200)}` };
    }
  };
  for (let round = 0; round < 60; round++) {
    const batch: Append[] = Array.from({ length: 1 + random(6) }, () => {
      const team = teams[random(2)] as Room;
      return { room: team.id, by: users[random(3)] as UserRef, op: operation(1 + random(40)) };
    });
    await store.append(batch, round);
    const team = teams[random(2)] as Room;
    await store.markRead(team.id, users[random(3)] as UserRef, random(40));
    for (const user of users) {
      for (const { room, unread } of await store.conversations(user.id)) {
        assertEquals(unread, await counted(store, room, user), `round ${round}, ${user.name}`);
      }
    }
  }
  assertEquals(await store.check(false), []);
});
