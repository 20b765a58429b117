import { assert, assertEquals, assertRejects } from "@std/assert";
import { Refusal } from "../protocol/errors.ts";
import { ALICE, BOB, CAROL, DAVE, done, group, log, person, promise, room, say } from "./suite.ts";
import { type Store, StoreError, type UserRef } from "./store.ts";

const ERIN = person("erin", true);

async function refusal(run: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => run, Refusal)).code;
}

function named(store: Store, user: UserRef): Promise<boolean> {
  return store.userByName(user.name).then((found) => found?.id === user.id);
}

promise("a name is held by one user at a time", async (store) => {
  await store.ensureUser(DAVE, "dave", 5);
  await store.ensureUser(DAVE, "dave", 6);
  assertEquals(await store.userByName("dave"), { ...DAVE, admin: false, createdAt: 5, seenAt: 5 });
  assertEquals(await store.userById(DAVE.id), await store.userByName("dave"));
  assertEquals(await refusal(store.ensureUser({ ...ERIN, name: "Dave" }, "dave", 7)), "name_taken");
  assertEquals(await store.userById(ERIN.id), undefined);
});

promise("who only writes has a row and holds no name", async (store) => {
  const lobby = await room(store);
  await say(store, lobby, DAVE, "hello", 9);
  assertEquals((await store.userById(DAVE.id))?.createdAt, 9);
  assertEquals(await store.userByName("dave"), undefined);
  await store.ensureUser(DAVE, "dave", 10);
  assert(await named(store, DAVE));
});

promise("a guest holds its name from its first direct conversation or group on", async (store) => {
  const lobby = await room(store);
  await store.enroll(lobby.id, DAVE, 1);
  assertEquals(await named(store, DAVE), false);
  await store.openDirect(ALICE, DAVE, 2);
  const team = await group(store, BOB, ERIN);
  const gina = person("gina", true);
  await done(store, team, BOB, { type: "invite", user: gina });
  const held = [DAVE, ERIN, gina].map((user) => named(store, user));
  assertEquals(await Promise.all(held), [true, true, true]);
  const other = { ...person("other", true), name: "Dave" };
  await store.openDirect(BOB, other, 3);
  assertEquals(await named(store, DAVE), true);
});

promise("a guest becomes an account and keeps its conversations", async (store) => {
  const team = await group(store, ALICE, DAVE);
  await say(store, team, ALICE, "hello");
  const account = await store.createAccount({ ...DAVE, name: "David" }, "david", "hash", 50);
  assertEquals("refused" in account ? account.refused : [account.guest, account.name], [
    false,
    "David",
  ]);
  assertEquals(await store.passwordHash(DAVE.id), "hash");
  assertEquals((await store.conversations(DAVE.id)).map((c) => c.unread), [1]);
  assertEquals((await log(store, team)).map((row) => row.type === "member" && row.user), [
    false,
    "David",
    false,
  ]);
});

promise("an account is made once, under a free name", async (store) => {
  await store.createAccount(ALICE, "alice", "hash", 1);
  const code = async (user: UserRef, canonical: string) => {
    const answer = await store.createAccount(user, canonical, "other", 2);
    return "refused" in answer && answer.refused;
  };
  assertEquals(await code(BOB, "alice"), "name_taken");
  assertEquals(await code(ALICE, "alice"), "conflict");
  assertEquals(await store.userById(BOB.id), undefined);
  assertEquals(await store.passwordHash(ALICE.id), "hash");
});

promise("an account is made with its first session, or neither is", async (store) => {
  const session = { id: "s", user: ALICE.id, createdAt: 5, expiresAt: 99 };
  await store.createAccount(ALICE, "alice", "hash", 5, session);
  assertEquals(await store.session("s"), session);
  const twice = store.createAccount(BOB, "bob", "hash", 6, { ...session, user: BOB.id });
  await assertRejects(() => twice, StoreError);
  assertEquals(await store.userByName("bob"), undefined);
  assertEquals(await store.passwordHash(BOB.id), undefined);
  const refused = await store.createAccount(BOB, "alice", "hash", 6, {
    ...session,
    id: "t",
    user: BOB.id,
  });
  assertEquals("refused" in refused && refused.refused, "name_taken");
  assertEquals(await store.session("t"), undefined);
});

promise("passwords and administrators belong to accounts that are there", async (store) => {
  await store.createAccount(ALICE, "alice", "hash", 1);
  await store.setPasswordHash(ALICE.id, "new");
  await store.setAdmin(ALICE.id, true);
  assertEquals(await store.passwordHash(ALICE.id), "new");
  assertEquals((await store.userById(ALICE.id))?.admin, true);
  assertEquals(await refusal(store.setPasswordHash(BOB.id, "x")), "no_such_user");
  assertEquals(await refusal(store.setAdmin(BOB.id, true)), "no_such_user");
  assertEquals(await store.passwordHash(BOB.id), undefined);
});

promise("having been here goes forward only and makes no row", async (store) => {
  await store.ensureUser(DAVE, "dave", 5);
  for (const at of [20, 10]) await store.seen(DAVE.id, at);
  assertEquals((await store.userById(DAVE.id))?.seenAt, 20);
  await store.seen(ERIN.id, 30);
  assertEquals(await store.userById(ERIN.id), undefined);
});

promise("a deleted account leaves its messages and nothing of itself", async (store) => {
  await store.createAccount(ALICE, "alice", "hash", 1);
  await store.createSession({ id: "s", user: ALICE.id, createdAt: 1, expiresAt: 99 });
  const team = await group(store, ALICE, BOB, CAROL);
  const lobby = await room(store, { owner: ALICE });
  const alone = await room(store, { name: "alone", kind: "group", owner: ALICE });
  await done(store, team, ALICE, { type: "role", user: CAROL, role: "moderator" });
  await say(store, team, ALICE, "what I said");
  await store.deleteUser(ALICE.id, 77);
  const user = await store.userById(ALICE.id);
  assertEquals([user?.name, user?.deletedAt], ["deleted", 77]);
  assertEquals(await store.userByName("alice"), undefined);
  assertEquals(await store.passwordHash(ALICE.id), undefined);
  assertEquals(await store.session("s"), undefined);
  assertEquals(await store.conversations(ALICE.id), []);
  assertEquals((await store.members(team.id, 9)).map((m) => [m.user.name, m.role]), [
    ["carol", "owner"],
    ["bob", "member"],
  ]);
  assertEquals((await store.room(alone.id))?.dissolvedAt, 77);
  assertEquals((await store.room(lobby.id))?.dissolvedAt, undefined);
  const last = (await log(store, team)).at(-1);
  assertEquals(last?.type === "message" && [last.from, last.content], ["deleted", "what I said"]);
  assertEquals(await refusal(store.ensureUser(ALICE, "alice", 80)), "no_such_user");
});

promise("guests without a conversation give their names back when they are gone", async (store) => {
  for (const user of [DAVE, ERIN]) await store.ensureUser(user, user.name, 1);
  await group(store, ALICE, DAVE);
  const lobby = await room(store);
  await store.enroll(lobby.id, ERIN, 1);
  assertEquals([await store.releaseName(DAVE.id), await store.releaseName(ERIN.id)], [false, true]);
  assertEquals([await named(store, DAVE), await named(store, ERIN)], [true, false]);
});

promise("idle guests are forgotten, those online and accounts never", async (store) => {
  const frank = person("frank", true);
  await store.createAccount(ALICE, "alice", "hash", 1);
  for (const user of [DAVE, ERIN, frank]) await store.ensureUser(user, user.name, 1);
  await group(store, ALICE, DAVE, frank);
  await store.seen(frank.id, 100);
  assertEquals(await store.forgetGuests(50, new Set([DAVE.id, ERIN.id])), 0);
  assertEquals(await store.forgetGuests(50, new Set([DAVE.id])), 1);
  assertEquals(await named(store, ERIN), false);
  assertEquals(await store.forgetGuests(50, new Set()), 1);
  assertEquals(
    await Promise.all([ALICE, DAVE, frank].map((user) => named(store, user))),
    [true, false, true],
  );
});

promise("sessions end one by one, all but one, and by themselves", async (store) => {
  await store.createAccount(ALICE, "alice", "hash", 1);
  const session = (id: string, createdAt: number) => ({
    id,
    user: ALICE.id,
    createdAt,
    expiresAt: createdAt + 100,
  });
  for (const id of ["a", "b", "c"]) await store.createSession(session(id, 1));
  assertEquals(await store.session("a"), session("a", 1));
  await store.endSession("a");
  assertEquals(await store.session("a"), undefined);
  assertEquals(await store.endSessions(ALICE.id, "b"), 1);
  assertEquals((await store.session("b"))?.id, "b");
  await store.createSession(session("d", 500));
  assertEquals(await store.session("b"), undefined);
  assertEquals(await store.endSessions(ALICE.id), 1);
  assertEquals(
    await refusal(store.createSession({ ...session("e", 1), user: "x" })),
    "no_such_user",
  );
});

promise("of many connections those that must end are found, and why", async (store) => {
  const account = async (name: string) => {
    const user = { ...person(name), guest: false };
    const made = await store.createAccount(user, name, "hash", 1);
    assert(!("refused" in made));
    await store.createSession({ id: `${name}'s`, user: user.id, createdAt: 1, expiresAt: 1_000 });
    return user;
  };
  const [alice, bob, carol] = [
    await account("alice"),
    await account("bob"),
    await account("carol"),
  ];
  await store.createSession({ id: "long", user: alice.id, createdAt: 1, expiresAt: 5_000 });
  const registered = person("erin", true);
  await store.createAccount({ ...registered, guest: false }, "erin", "hash", 1);
  const kept = person("gina", true);
  await store.ensureUser(kept, "gina", 1);
  const unseen = person("hugo", true);
  const robbed = person("ivan", true);
  await store.ensureUser(person("ivan's", true), "ivan", 1);
  await store.deleteUser(carol.id, 2);
  const connections = [
    { user: alice.id, session: "alice's" },
    { user: alice.id, session: "long" },
    { user: alice.id, session: "nobody's" },
    { user: bob.id, session: "long" },
    { user: carol.id, session: "carol's" },
    { user: registered.id, canonical: "erin" },
    { user: kept.id, canonical: "gina" },
    { user: unseen.id, canonical: "hugo" },
    { user: robbed.id, canonical: "ivan" },
    { user: bob.id, session: "bob's" },
    { user: unseen.id, canonical: "bob" },
  ];
  assertEquals(
    [...await store.ended(connections, 1_000)].sort(([one], [other]) => one - other),
    [
      [0, "session"],
      [2, "session"],
      [3, "session"],
      [4, "session"],
      [5, "session"],
      [8, "name"],
      [9, "session"],
      [10, "name"],
    ],
  );
  assertEquals([...await store.ended(connections.slice(0, 2), 999)], []);
  assertEquals([...await store.ended([], 1)], []);
});
