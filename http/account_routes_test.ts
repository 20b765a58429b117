import { assert, assertEquals, assertMatch } from "@std/assert";
import { fakeServer, kept, LOGIN } from "./fake_server.ts";

Deno.test("registering, logging in and logging out with a token", async () => {
  const { ask, close } = await fakeServer();
  const registered = await ask("/api/accounts", { body: LOGIN });
  assertEquals(registered.status, 201);
  assertEquals(registered.json.user, { name: "Alice", guest: false, admin: false });
  assertEquals(registered.cookies, []);
  const { token } = (await ask("/api/sessions", { body: LOGIN })).json;
  const me = await ask("/api/me", { token });
  assertEquals(me.json.user.name, "Alice");
  assertEquals(me.cookies, []);
  assertEquals(me.headers.get("cache-control"), "no-store");
  const out = await ask("/api/sessions/current", { method: "DELETE", token });
  assertEquals([out.status, out.json], [204, undefined]);
  const after = await ask("/api/me", { token });
  assertEquals([after.status, after.json.code], [401, "unauthorized"]);
  assertEquals(after.headers.get("www-authenticate"), "Bearer");
  await close();
});

Deno.test("with a cookie the token stays out of the page's reach, is renewed and taken away", async () => {
  const { ask, close } = await fakeServer();
  const { json, cookies } = await ask("/api/accounts", { body: { ...LOGIN, cookie: true } });
  assertEquals(json.token, undefined);
  assertMatch(cookies[0] ?? "", /^hubbub-8080=.*; HttpOnly; .*SameSite=Lax/);
  const headers = { cookie: kept(cookies), "sec-fetch-site": "same-origin" };
  const me = await ask("/api/me", { headers });
  assertEquals([me.status, me.cookies.length], [200, 1]);
  const out = await ask("/api/sessions/current", { method: "DELETE", headers });
  assertMatch(out.cookies[0] ?? "", /^hubbub-8080=; .*Max-Age=0/);
  const stale = await ask("/api/me", { headers });
  assertEquals(stale.status, 401);
  assertMatch(stale.cookies[0] ?? "", /^hubbub-8080=; .*Max-Age=0/);
  const again = await ask("/api/sessions", { body: { ...LOGIN, cookie: true }, headers });
  assertEquals(again.status, 201, "a stale cookie keeps nobody from logging in");
  const wrong = await ask("/api/sessions", {
    body: { ...LOGIN, password: "wrong" },
    headers: { ...headers, cookie: kept(again.cookies) },
  });
  assertEquals(
    [wrong.status, wrong.cookies],
    [401, []],
    "a good cookie survives a mistyped log-in",
  );
  await close();
});

Deno.test("a log-in rotates the session: the cookie it came with is worth nothing afterwards", async () => {
  const { ask, close } = await fakeServer();
  const first = await ask("/api/accounts", { body: { ...LOGIN, cookie: true } });
  const headers = { cookie: kept(first.cookies) };
  const second = await ask("/api/sessions", { body: { ...LOGIN, cookie: true }, headers });
  assert(kept(second.cookies) !== kept(first.cookies));
  assertEquals((await ask("/api/me", { headers })).status, 401);
  assertEquals((await ask("/api/me", { headers: { cookie: kept(second.cookies) } })).status, 200);
  await close();
});

Deno.test("a guest comes in by name and becomes an account, the same user", async () => {
  const { ask, identifier, store, close } = await fakeServer();
  const guest = await ask("/api/guests", { body: { name: "Bob" } });
  assertEquals([guest.status, guest.json.user.guest], [201, true]);
  const nameless = await ask("/api/guests", { body: {} });
  assertMatch(nameless.json.user.name, /^guest-/);
  const { user } = await identifier.options.tokens.verify(guest.json.token);
  const account = await ask("/api/accounts", { body: LOGIN, token: guest.json.token });
  assertEquals(account.status, 201);
  assertEquals((await store.userByName("alice"))?.id, user.id);
  assertEquals((await ask("/api/me", { token: guest.json.token })).status, 401);
  const stale = await ask("/api/accounts", { body: { ...LOGIN, name: "Eve" }, ...guest.json });
  assertEquals(stale.status, 401, "a token that is worth nothing does not make a new user");
  await close();
});

Deno.test("a password is changed and an account deleted only with the password", async () => {
  const { ask, close } = await fakeServer();
  const { token } = (await ask("/api/accounts", { body: LOGIN })).json;
  const change = (old: string) =>
    ask("/api/accounts/me/password", { body: { old, new: "battery staple" }, token });
  assertEquals((await change("wrong horse")).status, 403);
  assertEquals((await change(LOGIN.password)).status, 204);
  const remove = (password: string) =>
    ask("/api/accounts/me", { method: "DELETE", body: { password }, token });
  assertEquals((await remove(LOGIN.password)).status, 403);
  assertEquals((await remove("battery staple")).status, 204);
  assertEquals((await ask("/api/me", { token })).status, 401);
  await close();
});

Deno.test("a password that is refused for its shape is not in the answer", async () => {
  const { ask, close } = await fakeServer();
  for (const password of ["hunter2", 60_718_293, "hunter2".repeat(99)]) {
    const { status, json } = await ask("/api/accounts", { body: { name: "Bob", password } });
    assertEquals([status, json.code], [400, "bad_command"]);
    assertMatch(json.detail, /^password: expected a string of 8 to 256 characters, got /);
    assert(!json.detail.includes(String(password).slice(0, 7)), json.detail);
  }
  await close();
});

Deno.test("a ticket is had for a token and is good once", async () => {
  const { ask, close } = await fakeServer();
  const { token } = (await ask("/api/guests", { body: { name: "Bob" } })).json;
  const { json, status } = await ask("/api/tickets", { method: "POST", token });
  assertEquals([status, json.expires_in_ms], [201, 30_000]);
  const me = `/api/me?ticket=${json.ticket}`;
  assertEquals((await ask(me)).json.user.name, "Bob");
  assertEquals((await ask(me)).status, 401);
  assertEquals((await ask("/api/tickets", { method: "POST" })).status, 401);
  await close();
});

Deno.test("guessing a password by HTTP ends in 429 with Retry-After", async () => {
  const { ask, close } = await fakeServer();
  await ask("/api/accounts", { body: LOGIN, address: "198.51.100.1" });
  const guess = (n: number) =>
    ask("/api/sessions", { body: { ...LOGIN, password: `guess ${n}` }, address: `192.0.2.${n}` });
  for (let n = 0; n < 10; n++) assertEquals((await guess(n)).status, 401);
  const { status, headers } = await guess(10);
  assertEquals([status, headers.get("retry-after")], [429, "300"]);
  await close();
});
