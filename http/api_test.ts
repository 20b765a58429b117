import { assert, assertEquals, assertMatch } from "@std/assert";
import { fakeAccounts, type FakeOptions } from "../accounts/fake_accounts.ts";
import { type CommandType } from "../protocol/commands.ts";
import { Refusal } from "../protocol/errors.ts";
import { DEFAULT_LIMITS } from "../protocol/limits.ts";
import { trustProxies } from "./address.ts";
import { createApp } from "./app.ts";
import { StaticFiles } from "./static.ts";

const ORIGIN = "http://chat.example:8080";
const LISTED = "https://app.example";
const LOGIN = { name: "Alice", password: "correct horse" };

interface Ask {
  readonly method?: string;
  readonly body?: unknown;
  readonly token?: string;
  readonly headers?: Record<string, string>;
  readonly address?: string;
}

/** The application with everything behind it but rooms, which only record what they were asked. */
async function server(options: FakeOptions = {}) {
  const fake = await fakeAccounts(options);
  const asked: { user: string; command: { type: CommandType } }[] = [];
  const failures: unknown[] = [];
  const app = createApp({
    statics: await StaticFiles.load("/there/is/no/such/folder"),
    trusts: trustProxies([{ address: "10.0.0.1", prefixBits: 32, family: "ipv4" }]),
    notReady: () => undefined,
    asRefusal: () => new Refusal("unavailable", "the store does not answer now", 1500),
    onError: (error) => failures.push(error),
    api: {
      ...fake,
      origins: [LISTED],
      limits: DEFAULT_LIMITS,
      version: "1.2.3",
      monotonic: () => fake.time.nowMs,
      actors: () => [{
        name: "archive",
        parent: "hubbub",
        depth: 0,
        bound: 1,
        handled: 2,
        restarts: 0,
        state: "running",
      }],
      answer(me, command) {
        asked.push({ user: me.name, command });
        if (command.type === "rooms") return Promise.resolve({ type: "rooms", rooms: [] });
        if (command.type === "history" && command.room === "secret") {
          return Promise.reject(new Refusal("not_member", "you are not a member of this room"));
        }
        if (command.type === "history" && command.room === "broken") {
          return Promise.reject(new Error("disk on fire"));
        }
        return Promise.resolve({ type: "results", messages: [], more: false });
      },
      say(by, command) {
        asked.push({ user: by.user.name, command });
        return Promise.resolve({
          type: "sent",
          room: command.room,
          seq: 7,
          at: 1,
          ...(command.key === "again" ? { duplicate: true } : {}),
        });
      },
    },
  });
  const ask = async (path: string, { method, body, token, headers, address }: Ask = {}) => {
    const request = new Request(`${ORIGIN}${path}`, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: {
        host: "chat.example:8080",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const response = await app(request, { address: address ?? "203.0.113.9" });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      cookies: response.headers.getSetCookie(),
      json: text === "" ? undefined : JSON.parse(text),
    };
  };
  const close = () => fake.store.close();
  return { ...fake, ask, asked, failures, close };
}

/** What a browser would send of the cookie that it was given. */
function kept(cookies: readonly string[]): string {
  return cookies.map((cookie) => cookie.split(";")[0]).join("; ");
}

Deno.test("registering, logging in and logging out with a token", async () => {
  const { ask, close } = await server();
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
  const { ask, close } = await server();
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
  const { ask, close } = await server();
  const first = await ask("/api/accounts", { body: { ...LOGIN, cookie: true } });
  const headers = { cookie: kept(first.cookies) };
  const second = await ask("/api/sessions", { body: { ...LOGIN, cookie: true }, headers });
  assert(kept(second.cookies) !== kept(first.cookies));
  assertEquals((await ask("/api/me", { headers })).status, 401);
  assertEquals((await ask("/api/me", { headers: { cookie: kept(second.cookies) } })).status, 200);
  await close();
});

Deno.test("a guest comes in by name and becomes an account, the same user", async () => {
  const { ask, identifier, store, close } = await server();
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
  const { ask, close } = await server();
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

Deno.test("a ticket is had for a token and is good once", async () => {
  const { ask, close } = await server();
  const { token } = (await ask("/api/guests", { body: { name: "Bob" } })).json;
  const { json, status } = await ask("/api/tickets", { method: "POST", token });
  assertEquals([status, json.expires_in_ms], [201, 30_000]);
  const me = `/api/me?ticket=${json.ticket}`;
  assertEquals((await ask(me)).json.user.name, "Bob");
  assertEquals((await ask(me)).status, 401);
  assertEquals((await ask("/api/tickets", { method: "POST" })).status, 401);
  await close();
});

Deno.test("rooms are asked as the user and with checked parameters, refusals come through", async () => {
  const { ask, asked, failures, close } = await server();
  const { token } = (await ask("/api/guests", { body: { name: "Bob" } })).json;
  assertEquals((await ask("/api/rooms", { token })).json.rooms, []);
  await ask("/api/rooms/%40al%C3%ADce/messages?before=9&limit=200&nonsense=1", { token });
  await ask("/api/search?query=h%20i&room=lobby", { token });
  assertEquals(asked, [
    { user: "Bob", command: { type: "rooms" } },
    { user: "Bob", command: { type: "history", room: "@alíce", before: 9, limit: 200 } },
    { user: "Bob", command: { type: "search", query: "h i", room: "lobby" } },
  ]);
  const refused: [path: string, status: number, code: string, detail: RegExp][] = [
    ["/api/rooms/secret/messages", 403, "not_member", /not a member/],
    ["/api/rooms/broken/messages", 503, "unavailable", /does not answer/],
    [
      "/api/rooms/a/messages?limit=201",
      400,
      "bad_command",
      /^limit: expected .* 1 to 200, got 201/,
    ],
    ["/api/rooms/a/messages?limit=0x10", 400, "bad_command", /^limit: expected an integer/],
    ["/api/rooms/a/messages?before=-1", 400, "bad_command", /^before/],
    ["/api/search", 400, "bad_command", /^query: expected a string .*, got nothing/],
    ["/api/search?query=", 400, "bad_command", /^query/],
    ["/api/search?query=%00", 400, "bad_command", /^query: .*U\+0000/],
  ];
  for (const [path, status, code, detail] of refused) {
    const { json } = await ask(path, { token });
    assertEquals([json.status, json.code], [status, code], path);
    assertMatch(json.detail, detail);
  }
  assertEquals(failures.length, 1, "only the failure inside is an error to the operator");
  for (const path of ["/api/rooms", "/api/rooms/lobby/messages", "/api/search?query=abc"]) {
    assertEquals((await ask(path)).status, 401, "nobody reads without saying who");
  }
  await close();
});

Deno.test("a message is said once, checked as over the socket", async () => {
  const { ask, asked, online, close } = await server();
  const { token } = (await ask("/api/guests", { body: { name: "Bob" } })).json;
  const say = (body: unknown) => ask("/api/rooms/lobby/messages", { body, token });
  assertEquals((await say({ content: "hi", key: "k", junk: 1 })).status, 201);
  assertEquals(asked[0]?.command as unknown, {
    type: "message",
    room: "lobby",
    content: "hi",
    key: "k",
  });
  assertEquals((await say({ content: "hi", key: "again" })).status, 200);
  const refused: [body: unknown, status: number, code: string][] = [
    [{ content: "x".repeat(4097) }, 413, "too_large"],
    [{ content: "x".repeat(40_000) }, 413, "too_large"],
    [{ content: "a\0b" }, 400, "bad_command"],
    [{ content: "" }, 400, "bad_command"],
    [{ content: "a", key: "k".repeat(65) }, 400, "bad_command"],
    [{ content: "a", reply: 0 }, 400, "bad_command"],
    [{}, 400, "bad_command"],
    [["a"], 400, "bad_command"],
    [null, 400, "bad_command"],
    [JSON.parse('{"__proto__":{"content":"a"}}'), 400, "bad_command"],
  ];
  for (const [body, status, code] of refused) {
    const { json } = await say(body);
    assertEquals([json.status, json.code], [status, code], JSON.stringify(body).slice(0, 50));
  }
  assertEquals(asked.length, 2);
  online.set("bob", "somebodyelse0000");
  assertEquals((await say({ content: "hi" })).json.code, "name_taken");
  await close();
});

Deno.test("a page of another origin changes nothing, whatever cookie it sends along", async () => {
  const { ask, close } = await server();
  const { cookies } = await ask("/api/accounts", { body: { ...LOGIN, cookie: true } });
  const cookie = kept(cookies);
  const foreign: Record<string, string>[] = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "http://chat.example:8080.evil.example" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ];
  for (const headers of foreign) {
    const out = { method: "DELETE", headers: { ...headers, cookie } };
    const { json } = await ask("/api/sessions/current", out);
    assertEquals([json.status, json.code], [403, "forbidden"], JSON.stringify(headers));
    const said = await ask("/api/rooms/lobby/messages", {
      body: { content: "hi" },
      ...out,
      method: "POST",
    });
    assertEquals(said.status, 403);
  }
  assertEquals((await ask("/api/me", { headers: { cookie } })).status, 200);
  const form = await ask("/api/sessions", {
    body: LOGIN,
    headers: { "content-type": "text/plain" },
  });
  assertEquals(form.status, 415);
  const own = { method: "DELETE", headers: { origin: ORIGIN, cookie } };
  assertEquals((await ask("/api/sessions/current", own)).status, 204);
  await close();
});

Deno.test("pages of a listed origin may ask with a token, and no other page can read the answer", async () => {
  const { ask, close } = await server();
  const { token } = (await ask("/api/guests", { body: {}, headers: { origin: LISTED } })).json;
  const listed = await ask("/api/me", { token, headers: { origin: LISTED } });
  assertEquals(listed.headers.get("access-control-allow-origin"), LISTED);
  assertEquals(listed.headers.get("access-control-allow-credentials"), null);
  const other = await ask("/api/me", { token, headers: { origin: "https://evil.example" } });
  assertEquals(other.headers.get("access-control-allow-origin"), null);
  await close();
});

Deno.test("the actors are shown to administrators alone", async () => {
  const { ask, store, close } = await server();
  const { token } = (await ask("/api/accounts", { body: LOGIN })).json;
  assertEquals((await ask("/api/actors")).status, 401);
  assertEquals((await ask("/api/actors", { token })).json.code, "forbidden");
  const user = await store.userByName("alice");
  await store.setAdmin(user?.id ?? "", true);
  assertEquals((await ask("/api/actors", { token })).json.actors[0].name, "archive");
  await close();
});

Deno.test("one address asking too much is told when to come back, another is served", async () => {
  const { ask, time, close } = await server();
  for (let n = 0; n < 200; n++) assertEquals((await ask("/api/protocol.json")).status, 200);
  const { json, headers } = await ask("/api/protocol.json");
  assertEquals([json.status, json.code, json.retry_ms], [429, "rate_limited", 20]);
  assertEquals(headers.get("retry-after"), "1");
  assertEquals((await ask("/api/protocol.json", { address: "203.0.113.10" })).status, 200);
  const behind = { address: "10.0.0.1", headers: { "x-forwarded-for": "198.51.100.7" } };
  assertEquals((await ask("/api/protocol.json", behind)).status, 200);
  const faked = { headers: { "x-forwarded-for": "198.51.100.8" } };
  assertEquals((await ask("/api/protocol.json", faked)).status, 429);
  time.nowMs += 20;
  assertEquals((await ask("/api/protocol.json")).status, 200);
  await close();
});

Deno.test("guessing a password by HTTP ends in 429 with Retry-After", async () => {
  const { ask, close } = await server();
  await ask("/api/accounts", { body: LOGIN, address: "198.51.100.1" });
  const guess = (n: number) =>
    ask("/api/sessions", { body: { ...LOGIN, password: `guess ${n}` }, address: `192.0.2.${n}` });
  for (let n = 0; n < 10; n++) assertEquals((await guess(n)).status, 401);
  const { status, headers } = await guess(10);
  assertEquals([status, headers.get("retry-after")], [429, "300"]);
  await close();
});

Deno.test("a path or a method that there is not is a problem with its name", async () => {
  const { ask, close } = await server();
  const cases: [path: string, method: string, status: number, code: string][] = [
    ["/api/nothing", "GET", 404, "unknown_type"],
    ["/api/", "GET", 404, "unknown_type"],
    ["/api/__proto__", "GET", 404, "unknown_type"],
    ["/api/nothing", "POST", 404, "unknown_type"],
    ["/api/sessions", "GET", 405, "bad_command"],
    ["/api/me", "DELETE", 405, "bad_command"],
    ["/api/rooms/lobby/messages", "PUT", 405, "bad_command"],
  ];
  for (const [path, method, status, code] of cases) {
    const { json } = await ask(path, { method });
    assertEquals([json.status, json.code], [status, code], `${method} ${path}`);
  }
  await close();
});

Deno.test("the description names every route, its body and its refusals", async () => {
  const { ask, close } = await server();
  const { json: api } = await ask("/api/openapi.json");
  assertEquals([api.openapi, api.info.version], ["3.1.1", "1.2.3"]);
  const routes = Object.entries<Record<string, unknown>>(api.paths)
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`));
  assertEquals(routes.toSorted(), [
    "delete /api/accounts/me",
    "delete /api/sessions/current",
    "get /api/actors",
    "get /api/me",
    "get /api/openapi.json",
    "get /api/protocol.json",
    "get /api/rooms",
    "get /api/rooms/{room}/messages",
    "get /api/search",
    "post /api/accounts",
    "post /api/accounts/me/password",
    "post /api/guests",
    "post /api/rooms/{room}/messages",
    "post /api/sessions",
    "post /api/tickets",
  ]);
  const login = api.paths["/api/sessions"].post;
  const { properties, required } = login.requestBody.content["application/json"].schema;
  assertEquals(Object.keys(properties), ["name", "password", "cookie"]);
  assertEquals(required, ["name", "password"]);
  assertMatch(login.responses["503"].description, /busy/);
  const page = api.paths["/api/rooms/{room}/messages"].get;
  assertEquals(
    page.parameters.map((
      parameter: { name: string; in: string },
    ) => [parameter.name, parameter.in]),
    [["room", "path"], ["before", "query"], ["after", "query"], ["until", "query"], [
      "limit",
      "query",
    ]],
  );
  const ids = Object.values<Record<string, { operationId: string }>>(api.paths)
    .flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
  assertEquals(new Set(ids).size, ids.length);
  await close();
});
