import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { type ErrorCode, Refusal } from "../protocol/errors.ts";
import { bearing, fakeAccounts, SCOPE } from "./fake_accounts.ts";
import { derive, PasswordHasher, type ScryptCost } from "./passwords.ts";
import { StoreError } from "../store/store.ts";

const CHEAP: ScryptCost = { lnN: 4, r: 8, p: 1 };
const LOGIN = { name: "Alice", password: "correct horse" };
type Fake = Awaited<ReturnType<typeof fakeAccounts>>;

async function refuses(code: ErrorCode, promise: Promise<unknown>): Promise<string> {
  const refusal = await assertRejects(() => promise, Refusal);
  assertEquals(refusal.code, code, refusal.message);
  return refusal.message;
}

/** The codes of what was refused. */
function refusals(settled: PromiseSettledResult<unknown>[]): ErrorCode[] {
  const reasons = settled.flatMap((one) => one.status === "rejected" ? [one.reason] : []);
  return reasons.map((reason) => {
    assert(reason instanceof Refusal, String(reason));
    return reason.code;
  });
}

/** Who the token is, as if a new connection came with it. */
function who({ identifier }: Fake, token: string) {
  return identifier.identify(bearing(token), SCOPE, null);
}

Deno.test("who registers is logged in, and can log in again by any spelling of the name", async () => {
  const fake = await fakeAccounts();
  const { user, token } = await fake.accounts.register(LOGIN, undefined, "a");
  assertEquals([user.name, user.guest, user.admin], ["Alice", false, false]);
  assertEquals((await who(fake, token)).user.id, user.id);
  const again = await fake.accounts.logIn({ ...LOGIN, name: "@ALICE" }, undefined, "a");
  assertEquals(again.user.id, user.id);
  assertNotEquals((await who(fake, again.token)).sessionId, (await who(fake, token)).sessionId);
  await fake.store.close();
});

Deno.test("a guest that registers stays the same user, and its old token and sockets are done for", async () => {
  const fake = await fakeAccounts();
  const guest = await fake.identifier.newGuest("Bob");
  const friend = await fake.identifier.newGuest("Carol");
  const direct = await fake.store.openDirect(guest.user, friend.user, 1);
  const oldToken = await fake.sessions.token(guest);
  const { user, token } = await fake.accounts.register(LOGIN, await who(fake, oldToken), "a");
  assertEquals([user.id, user.name], [guest.user.id, "Alice"]);
  assertEquals((await fake.store.standing(direct.id, user.id)).role, "member");
  assertEquals((await who(fake, token)).user.id, guest.user.id);
  await refuses("unauthorized", who(fake, oldToken));
  assertEquals(fake.ended, [[guest.user.id, {}]]);
  await fake.identifier.newGuest("Bob");
  await fake.store.close();
});

Deno.test("a guest may register under its own name; nobody under one that is held", async () => {
  const fake = await fakeAccounts();
  const guest = await fake.identifier.newGuest("Bob");
  await fake.store.ensureUser(guest.user, guest.canonicalName, 1);
  fake.online.set("bob", guest.user.id);
  fake.online.set("dora", "somebodyelse0000");
  const bob = { ...LOGIN, name: "bob" };
  await refuses("name_taken", fake.accounts.register(bob, undefined, "a"));
  await refuses("name_taken", fake.accounts.register({ ...LOGIN, name: "Dora" }, undefined, "a"));
  const known = await who(fake, await fake.sessions.token(guest));
  assertEquals((await fake.accounts.register(bob, known, "a")).user.id, guest.user.id);
  await fake.store.close();
});

Deno.test("registering is refused: closed, a bad name or password, logged in already, too often", async () => {
  const closed = await fakeAccounts({ registration: "closed" });
  await refuses("forbidden", closed.accounts.register(LOGIN, undefined, "a"));
  await closed.store.close();

  const fake = await fakeAccounts();
  const { accounts } = fake;
  const refused: [ErrorCode, typeof LOGIN][] = [
    ["bad_name", { ...LOGIN, name: "a b" }],
    ["bad_name", { ...LOGIN, name: "admin" }],
    ["bad_command", { ...LOGIN, password: "1234567" }],
    ["bad_command", { ...LOGIN, password: "😀😀😀😀😀😀😀" }],
    ["bad_command", { ...LOGIN, password: "x".repeat(257) }],
    ["bad_command", { name: "LongEnough", password: "longenough" }],
  ];
  for (const [code, login] of refused) {
    await refuses(code, accounts.register(login, undefined, "a"));
  }
  const { token } = await accounts.register(LOGIN, undefined, "a");
  const me = await who(fake, token);
  await refuses("conflict", accounts.register({ ...LOGIN, name: "Zoe" }, me, "a"));
  for (const name of ["b1", "b2", "b3", "b4"]) {
    await accounts.register({ ...LOGIN, name }, undefined, "a");
  }
  await refuses("rate_limited", accounts.register({ ...LOGIN, name: "b5" }, undefined, "a"));
  await accounts.register({ ...LOGIN, name: "b5" }, undefined, "b");
  await fake.store.close();
});

Deno.test("an administrator's token makes accounts for others: also closed, and as many as there are", async () => {
  const fake = await fakeAccounts({ registration: "closed" });
  const { accounts, store } = fake;
  const hash = await new PasswordHasher({ lnN: 4, r: 8, p: 1 }).hash(LOGIN.password);
  await store.createAccount(
    { id: "boss000000000000", name: "Boss", guest: false },
    "boss",
    hash,
    1,
  );
  await store.setAdmin("boss000000000000", true);
  const boss = { ...LOGIN, name: "Boss" };
  const { token } = await accounts.logIn(boss, undefined, "a");
  const admin = await who(fake, token);
  for (let n = 0; n < 10; n++) {
    const made = await accounts.register({ ...LOGIN, name: `made${n}` }, admin, "a");
    assertEquals([made.user.name, made.user.admin], [`made${n}`, false]);
    assertEquals((await who(fake, made.token)).user.id, made.user.id);
  }
  assertEquals((await who(fake, token)).user.name, "Boss");
  assertEquals(fake.ended, []);
  await refuses("name_taken", accounts.register({ ...LOGIN, name: "made1" }, admin, "a"));
  await store.setAdmin("boss000000000000", false);
  await refuses("forbidden", accounts.register(LOGIN, await who(fake, token), "a"));
  await store.close();
});

Deno.test("an administrator's browser makes nobody: whoever registers there becomes the account", async () => {
  const fake = await fakeAccounts();
  const { user, token } = await fake.accounts.register(LOGIN, undefined, "a");
  await fake.store.setAdmin(user.id, true);
  const admin = await who(fake, token);
  const browser = { ...admin, via: "cookie" } as const;
  const other = { ...LOGIN, name: "Zoe" };
  await refuses("conflict", fake.accounts.register(other, browser, "a"));
  assertEquals((await fake.accounts.register(other, admin, "a")).user.name, "Zoe");
  await fake.store.close();
});

Deno.test("an unknown name, a guest's, a deleted account's and a wrong password are answered alike", async () => {
  const fake = await fakeAccounts();
  const { accounts, identifier, store } = fake;
  const { user } = await accounts.register(LOGIN, undefined, "a");
  const guest = await identifier.newGuest("Bob");
  await store.ensureUser(guest.user, guest.canonicalName, 1);
  const gone = await accounts.register({ ...LOGIN, name: "gone" }, undefined, "a");
  await store.deleteUser(gone.user.id, 1);
  const messages = new Set<string>();
  for (const name of ["alice", "nobody", "bob", "gone", "not a name", "deleted"]) {
    const login = { name, password: "wrong horse" };
    messages.add(await refuses("unauthorized", accounts.logIn(login, undefined, "a")));
  }
  assertEquals(messages.size, 1);
  assertEquals((await store.userById(user.id))?.name, "Alice");
  await store.close();
});

Deno.test("for a name that nobody has as much is hashed as for a wrong password", async () => {
  const hashed: ScryptCost[] = [];
  const hasher = new PasswordHasher(CHEAP, {
    compute(password, salt, cost) {
      hashed.push(cost);
      return derive(password, salt, cost);
    },
  });
  const fake = await fakeAccounts({ hasher });
  const { accounts, store } = fake;
  await accounts.register(LOGIN, undefined, "a");
  const gone = await accounts.register({ ...LOGIN, name: "gone" }, undefined, "a");
  await store.deleteUser(gone.user.id, 1);
  for (const name of ["alice", "nobody", "gone", "not a name"]) {
    hashed.length = 0;
    const login = { name, password: "wrong horse" };
    await refuses("unauthorized", accounts.logIn(login, undefined, "a"));
    assertEquals(hashed, [CHEAP], name);
  }
  await store.close();
});

Deno.test("guessing one account is stopped, while its owner still gets in", async () => {
  const fake = await fakeAccounts();
  const { accounts } = fake;
  const { token } = await accounts.register(LOGIN, undefined, "home");
  await accounts.logIn(LOGIN, undefined, "home");
  const wrong = { ...LOGIN, password: "wrong horse" };
  for (let n = 0; n < 10; n++) {
    await refuses("unauthorized", accounts.logIn(wrong, undefined, `far ${n}`));
  }
  await refuses("rate_limited", accounts.logIn(wrong, undefined, "far 99"));
  await refuses("rate_limited", accounts.logIn(LOGIN, undefined, "far 99"));
  await accounts.logIn(LOGIN, undefined, "home");
  await accounts.logIn(LOGIN, await who(fake, token), "hotel");
  fake.time.nowMs += 5 * 60_000;
  await accounts.logIn(LOGIN, undefined, "far 99");
  await fake.store.close();
});

Deno.test("right passwords that wait for their turn are no failed ones, however many they are", async () => {
  const fake = await fakeAccounts();
  const { accounts, store } = fake;
  await accounts.register(LOGIN, undefined, "home");
  for (const name of ["b1", "b2", "b3"]) {
    await accounts.register({ ...LOGIN, name }, undefined, name);
  }
  // To one account and, from one address, to several; none has logged in from there before.
  for (const names of [["alice"], ["b1", "b2", "b3"]]) {
    const refused = refusals(
      await Promise.allSettled(
        Array.from({ length: 60 }, (_, n) => {
          const name = names[n % names.length] ?? "";
          return accounts.logIn({ ...LOGIN, name }, undefined, "fleet");
        }),
      ),
    );
    assertEquals(refused, Array(30).fill("busy"), String(names));
  }
  await store.close();
});

Deno.test("who guesses in parallel guesses no more often, and one address does not hold all places", async () => {
  let hashed = 0;
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  const hasher = new PasswordHasher(CHEAP, {
    compute: async (...about) => {
      hashed++;
      await held;
      return await derive(...about);
    },
  });
  const { accounts, store } = await fakeAccounts({ hasher });
  const wrong = { ...LOGIN, password: "wrong horse" };
  const guesses = Array.from({ length: 100 }, () => accounts.logIn(wrong, undefined, "far"));
  const seen = Promise.allSettled(guesses);
  // Three more places than one address may take.
  const others = [1, 2, 3].map((n) => accounts.logIn({ ...wrong, name: `u${n}` }, undefined, "b"));
  const theirs = Promise.allSettled(others);
  letGo();
  const refused = refusals(await seen);
  assertEquals(refused.length, 100);
  assertEquals(refused.filter((code) => code === "unauthorized").length, 10);
  assertEquals(refusals(await theirs), Array(3).fill("unauthorized"));
  assertEquals(hashed, 13);
  await refuses("rate_limited", accounts.logIn(wrong, undefined, "far"));
  assertEquals(hashed, 13);
  await store.close();
});

Deno.test("a password that was not looked at is no failed log-in, however often the store failed", async () => {
  const fake = await fakeAccounts();
  const { accounts, store } = fake;
  const { token } = await accounts.register(LOGIN, undefined, "home");
  const me = await who(fake, token);
  const passwords = { old: LOGIN.password, new: "another horse" };
  const { userByName, passwordHash } = store;
  const away = () => Promise.reject(new StoreError("unreachable", "it is away"));
  for (const failing of [{ userByName: away }, { passwordHash: away }]) {
    Object.assign(store, failing);
    for (let n = 0; n < 100; n++) {
      await assertRejects(() => accounts.logIn(LOGIN, undefined, "far"), StoreError);
    }
  }
  for (let n = 0; n < 100; n++) {
    await assertRejects(() => accounts.changePassword(me, passwords, "home"), StoreError);
  }
  Object.assign(store, { userByName, passwordHash });
  await accounts.logIn(LOGIN, undefined, "another");
  await accounts.changePassword(me, passwords, "home");
  await store.close();
});

Deno.test("an account that could not be made here is not counted, one that is another's is", async () => {
  const fake = await fakeAccounts();
  const { accounts, store } = fake;
  const make = store.createAccount;
  store.createAccount = () => Promise.reject(new StoreError("full", "the disk is full"));
  for (let n = 0; n < 10; n++) {
    await assertRejects(() => accounts.register(LOGIN, undefined, "a"), StoreError);
  }
  store.createAccount = () => Promise.resolve({ refused: "name_taken", message: "a race" });
  for (let n = 0; n < 5; n++) {
    await refuses("name_taken", accounts.register(LOGIN, undefined, "a"));
  }
  store.createAccount = make;
  await refuses("rate_limited", accounts.register(LOGIN, undefined, "a"));
  await accounts.register(LOGIN, undefined, "b");
  await store.close();
});

Deno.test("whoever registers is logged in by the same write: there is no account that nobody was told of", async () => {
  const fake = await fakeAccounts();
  const { accounts, store } = fake;
  const guest = await fake.identifier.newGuest("Bob");
  const make = store.createAccount;
  let writes = 0;
  // The store goes away behind the first write of a registration.
  for (const name of ["createAccount", "createSession", "setPasswordHash"] as const) {
    const write = store[name].bind(store) as (...args: unknown[]) => Promise<unknown>;
    const away = () => Promise.reject(new StoreError("unreachable", "it is away"));
    Object.assign(store, { [name]: (...args: unknown[]) => writes++ ? away() : write(...args) });
  }
  const { user, token } = await accounts.register(LOGIN, guest, "a");
  assertEquals([writes, user.id], [1, guest.user.id]);
  assertEquals((await who(fake, token)).user.name, "Alice");
  assertEquals(fake.ended, [[guest.user.id, {}]]);
  // And when it was away before, the name is free.
  const bob = { ...LOGIN, name: "Bob" };
  await assertRejects(() => accounts.register(bob, undefined, "a"), StoreError);
  store.createAccount = make;
  assertEquals((await accounts.register(bob, undefined, "a")).user.name, "Bob");
  await store.close();
});

Deno.test("who was told to come back because too many log in has not made an account yet", async () => {
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  const hasher = new PasswordHasher(CHEAP, {
    compute: async (...about) => {
      await held;
      return await derive(...about);
    },
  });
  const { accounts, store } = await fakeAccounts({ hasher });
  const waiting = Array.from({ length: 33 }, () => hasher.hash("another's"));
  for (let n = 0; n < 10; n++) await refuses("busy", accounts.register(LOGIN, undefined, "a"));
  letGo();
  await Promise.all(waiting);
  await accounts.register(LOGIN, undefined, "a");
  await store.close();
});

Deno.test("a log-in takes the place of the session in the cookie it came with, and of no other", async () => {
  const fake = await fakeAccounts();
  const { token, user } = await fake.accounts.register(LOGIN, undefined, "a");
  const byBearer = await who(fake, token);
  await fake.accounts.logIn(LOGIN, byBearer, "a");
  await who(fake, token);
  const next = await fake.accounts.logIn(LOGIN, { ...byBearer, via: "cookie" }, "a");
  await refuses("unauthorized", who(fake, token));
  await who(fake, next.token);
  assertEquals(fake.ended, [[user.id, { only: byBearer.sessionId ?? "" }]]);
  await fake.store.close();
});

Deno.test("logging out ends this session alone, a guest's connections all", async () => {
  const fake = await fakeAccounts();
  const { token, user } = await fake.accounts.register(LOGIN, undefined, "a");
  const other = await fake.accounts.logIn(LOGIN, undefined, "a");
  const me = await who(fake, token);
  await fake.sessions.end(me);
  await refuses("unauthorized", who(fake, token));
  await who(fake, other.token);
  const guest = await fake.identifier.newGuest("Bob");
  await fake.sessions.end(guest);
  assertEquals(fake.ended, [[user.id, { only: me.sessionId ?? "" }], [guest.user.id, {}]]);
  await fake.store.close();
});

Deno.test("a new password ends every other session; the old one is asked for", async () => {
  const fake = await fakeAccounts();
  const { accounts } = fake;
  const { token, user } = await accounts.register(LOGIN, undefined, "a");
  const other = await accounts.logIn(LOGIN, undefined, "a");
  const me = await who(fake, token);
  const change = (old: string, next: string) =>
    accounts.changePassword(me, { old, new: next }, "a");
  await refuses("forbidden", change("wrong horse", "battery staple"));
  await refuses("bad_command", change(LOGIN.password, "short"));
  await who(fake, other.token);
  await change(LOGIN.password, "battery staple");
  await refuses("unauthorized", who(fake, other.token));
  assertEquals((await who(fake, token)).user.id, user.id);
  assertEquals(fake.ended, [[user.id, { except: me.sessionId ?? "" }]]);
  await refuses("unauthorized", accounts.logIn(LOGIN, undefined, "a"));
  await accounts.logIn({ ...LOGIN, password: "battery staple" }, undefined, "a");
  const guest = await fake.identifier.newGuest("Bob");
  const passwords = { old: "correct horse", new: "battery staple" };
  await refuses("forbidden", accounts.changePassword(guest, passwords, "a"));
  await fake.store.close();
});

Deno.test("a deleted account has left its rooms, is gone with its sessions, and its name is free", async () => {
  const fake = await fakeAccounts();
  const { accounts } = fake;
  const { token, user } = await accounts.register(LOGIN, undefined, "a");
  const me = await who(fake, token);
  await refuses("forbidden", accounts.remove(me, "wrong horse", "a"));
  await who(fake, token);
  assertEquals(fake.departed, []);
  await accounts.remove(me, LOGIN.password, "a");
  assertEquals(fake.departed, [user.id]);
  await refuses("unauthorized", who(fake, token));
  await refuses("unauthorized", accounts.logIn(LOGIN, undefined, "a"));
  assertEquals(fake.ended, [[user.id, {}]]);
  const next = await accounts.register(LOGIN, undefined, "a");
  assertNotEquals(next.user.id, user.id);
  await fake.store.close();
});

Deno.test("a hash of an older cost is replaced at the next log-in", async () => {
  const fake = await fakeAccounts();
  const { user } = await fake.accounts.register(LOGIN, undefined, "a");
  const old = await new PasswordHasher({ lnN: 3, r: 8, p: 1 }).hash(LOGIN.password);
  await fake.store.setPasswordHash(user.id, old);
  await fake.accounts.logIn(LOGIN, undefined, "a");
  const now = await fake.store.passwordHash(user.id) ?? "";
  assert(now.startsWith("$scrypt$ln=4,"));
  await fake.accounts.logIn(LOGIN, undefined, "a");
  assertEquals(await fake.store.passwordHash(user.id), now);
  await fake.store.close();
});
