import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Refusal } from "../protocol/errors.ts";
import { bearing, fakeAccounts, SCOPE } from "./fake_accounts.ts";
import { BadCredential } from "./identify.ts";

const URL_WS = "http://chat.example:8080/ws";
const LOGIN = { name: "Alice", password: "correct horse" };

async function refusal(promise: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => promise, Refusal)).code;
}

Deno.test("a guest gets the name it asks for, or one of the server's; the store keeps nothing", async () => {
  const { identifier, store } = await fakeAccounts();
  const alice = await identifier.identify(new Request(URL_WS), SCOPE, "Ａlice");
  assertEquals(alice.user.name, "Alice");
  assertEquals([alice.user.guest, alice.named, alice.via], [true, true, "none"]);
  assertMatch(alice.user.id, /^[0-9a-z]{16}$/);
  for (const none of [null, "", "  "]) {
    const guest = await identifier.identify(new Request(URL_WS), SCOPE, none);
    assertMatch(guest.user.name, /^guest-[0-9a-f]{4}$/);
    assertEquals(guest.named, false);
  }
  assertEquals(await store.userById(alice.user.id), undefined);
  await store.close();
});

Deno.test("a name that is held, online or in the store, is taken; a name that is none is refused", async () => {
  const { identifier, store, online } = await fakeAccounts();
  const me = await identifier.newGuest("Bob");
  await store.ensureUser(me.user, me.canonicalName, 1);
  online.set("carol", "somebodyelse0000");
  for (const name of ["bob", "BOB", "Воb"]) {
    const code = await refusal(identifier.identify(new Request(URL_WS), SCOPE, name));
    assertEquals(code, name === "Воb" ? "bad_name" : "name_taken", name);
  }
  assertEquals(await refusal(identifier.newGuest("Carol")), "name_taken");
  assertEquals(await refusal(identifier.newGuest("guest-7f3a")), "bad_name");
  assertEquals(await refusal(identifier.newGuest("a\u202eb")), "bad_name");
  await store.close();
});

Deno.test("a token brings the same guest back, unless its name is somebody else's by now", async () => {
  const { identifier, sessions, store, online } = await fakeAccounts();
  const me = await identifier.newGuest("Bob");
  const token = await sessions.token(me);
  const again = await identifier.identify(bearing(token), SCOPE, "Other");
  assertEquals(again.user, me.user);
  assertEquals(again.via, "bearer");
  online.set("bob", me.user.id);
  assertEquals((await identifier.identify(bearing(token), SCOPE, null)).user, me.user);
  online.set("bob", "somebodyelse0000");
  assertEquals(await refusal(identifier.identify(bearing(token), SCOPE, null)), "name_taken");
  await store.close();
});

Deno.test("every way to show a credential is understood, and the deliberate ones come first", async () => {
  const { identifier, sessions, tickets, store } = await fakeAccounts();
  const [cookie, protocol, bearer, ticket] = await Promise.all(
    ["cookie", "protocol", "bearer", "ticket"].map(async (name) => {
      const guest = await identifier.newGuest(name);
      return { guest, token: await sessions.token(guest) };
    }),
  );
  if (!cookie || !protocol || !bearer || !ticket) throw new Error("four guests were made");
  const headers = new Headers({ cookie: `hubbub-8081=x; hubbub-8080=${cookie.token}` });
  const who = async (url = URL_WS) => {
    const { user, via } = await identifier.identify(new Request(url, { headers }), SCOPE, null);
    return [user.name, via];
  };
  assertEquals(await who(), ["cookie", "cookie"]);
  headers.set("sec-websocket-protocol", `hubbub.json, bearer.${protocol.token}`);
  assertEquals(await who(), ["protocol", "subprotocol"]);
  headers.set("authorization", `bearer ${bearer.token}`);
  assertEquals(await who(), ["bearer", "bearer"]);
  const once = `${URL_WS}?ticket=${tickets.issue({ user: ticket.guest.user })}`;
  assertEquals(await who(once), ["ticket", "ticket"]);
  assertEquals(await refusal(who(once)), "unauthorized");
  const tls = new Headers({ cookie: `hubbub=x; __Host-hubbub=${cookie.token}` });
  const secure = { secure: true, host: "chat.example" };
  const behind = await identifier.identify(new Request(URL_WS, { headers: tls }), secure, null);
  assertEquals(behind.user.name, "cookie");
  await store.close();
});

Deno.test("a token in a URL is refused, whatever else is shown, and never taken for a guest", async () => {
  const { identifier, sessions, store } = await fakeAccounts();
  const token = await sessions.token(await identifier.newGuest("Bob"));
  for (const name of ["token", "access_token"]) {
    for (const value of [token, "", "x"]) {
      const request = bearing(token, `${URL_WS}?${name}=${value}`);
      const error = await assertRejects(() => identifier.identify(request, SCOPE, "Bob"), Refusal);
      assertEquals(error.code, "unauthorized");
      assertEquals(error.message.includes(token), false);
    }
  }
  await store.close();
});

Deno.test("a credential that is worth nothing is refused, never taken for a guest", async () => {
  const { identifier, store } = await fakeAccounts();
  const bad: [headers: HeadersInit, via: string][] = [
    [{ authorization: "Bearer nonsense" }, "bearer"],
    [{ "sec-websocket-protocol": "bearer.nonsense" }, "subprotocol"],
    [{ cookie: "hubbub-8080=nonsense" }, "cookie"],
  ];
  for (const [headers, via] of bad) {
    const request = new Request(URL_WS, { headers });
    const error = await assertRejects(
      () => identifier.identify(request, SCOPE, "Dora"),
      BadCredential,
    );
    assertEquals([error.code, error.via as string], ["unauthorized", via]);
  }
  const basic = new Request(URL_WS, { headers: { authorization: "Basic YTpi" } });
  assertEquals(await refusal(identifier.identify(basic, SCOPE, null)), "unauthorized");
  assertEquals(
    await refusal(identifier.identify(new Request(`${URL_WS}?ticket=`), SCOPE, null)),
    "unauthorized",
  );
  await store.close();
});

Deno.test("an account's token is good while its session lives: not after it expired or was ended", async () => {
  const { identifier, accounts, store, time } = await fakeAccounts();
  const { token, user } = await accounts.register(LOGIN, undefined, "a");
  const me = await identifier.identify(bearing(token), SCOPE, null);
  assertEquals([me.user.name, me.user.guest, me.named], ["Alice", false, true]);
  const session = await store.session(me.sessionId ?? "");
  assertEquals(session?.expiresAt, me.expiresAt);

  const other = await accounts.register({ ...LOGIN, name: "Bob" }, undefined, "a");
  const mixed = await identifier.options.tokens.sign({ user: other.user, sessionId: me.sessionId });
  assertEquals(await refusal(identifier.identify(bearing(mixed), SCOPE, null)), "unauthorized");

  const start = time.nowMs;
  const renewed: string[] = [];
  while (time.nowMs < (me.expiresAt ?? 0)) {
    const last = renewed.at(-1) ?? token;
    const now = await identifier.identify(bearing(last), SCOPE, null);
    renewed.push(await identifier.options.tokens.sign(now));
    time.nowMs += 20 * 24 * 3600_000;
  }
  const expired = identifier.identify(bearing(renewed.at(-1) ?? ""), SCOPE, null);
  assertEquals(await refusal(expired), "unauthorized");

  time.nowMs = start;
  await store.endSession(me.sessionId ?? "");
  assertEquals(await refusal(identifier.identify(bearing(token), SCOPE, null)), "unauthorized");
  assertEquals((await store.userById(user.id))?.name, "Alice");
  await store.close();
});

Deno.test("where guests are not let in, neither are those who come back; accounts are", async () => {
  const open = await fakeAccounts();
  const token = await open.sessions.token(await open.identifier.newGuest("Bob"));
  const { token: account } = await open.accounts.register(LOGIN, undefined, "a");
  const closed = new (open.identifier.constructor as typeof import("./identify.ts").Identifier)({
    ...open.identifier.options,
    guests: false,
  });
  assertEquals(await refusal(closed.identify(new Request(URL_WS), SCOPE, "Eve")), "unauthorized");
  assertEquals(await refusal(closed.identify(bearing(token), SCOPE, null)), "unauthorized");
  assertEquals((await closed.identify(bearing(account), SCOPE, null)).user.name, "Alice");
  await open.store.close();
});

Deno.test("nine in ten of the short guest names taken, a free one is still found", async () => {
  const { identifier, store, online } = await fakeAccounts();
  for (let n = 0; n < 0x10000; n++) {
    if (n % 10 !== 0) online.set(`guest-${n.toString(16).padStart(4, "0")}`, "x");
  }
  for (let n = 0; n < 50; n++) {
    const { canonicalName } = await identifier.newGuest(null);
    assertEquals(online.has(canonicalName), false);
  }
  await store.close();
});

Deno.test("guests who come in at the same time are given names of their own", async () => {
  const { identifier } = await fakeAccounts();
  const request = new Request("http://chat.example:8080/ws");
  const crowd = Array.from({ length: 2_000 }, () => identifier.identify(request, SCOPE, null));
  const names = (await Promise.all(crowd)).map(({ canonicalName }) => canonicalName);
  assertEquals(new Set(names).size, names.length);
});
