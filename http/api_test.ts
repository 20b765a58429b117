import { assertEquals, assertStringIncludes } from "@std/assert";
import { fakeServer, kept, LISTED, LOGIN, ORIGIN } from "./fake_server.ts";

Deno.test("a page of another origin changes nothing, whatever cookie it sends along", async () => {
  const { ask, close } = await fakeServer();
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
    assertStringIncludes(json.detail, "--origin", "who made the page learns what lets it in");
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
  const { ask, close } = await fakeServer();
  const { token } = (await ask("/api/guests", { body: {}, headers: { origin: LISTED } })).json;
  const listed = await ask("/api/me", { token, headers: { origin: LISTED } });
  assertEquals(listed.headers.get("access-control-allow-origin"), LISTED);
  assertEquals(listed.headers.get("access-control-allow-credentials"), null);
  const other = await ask("/api/me", { token, headers: { origin: "https://evil.example" } });
  assertEquals(other.headers.get("access-control-allow-origin"), null);
  await close();
});

Deno.test("the actors are shown to administrators alone", async () => {
  const { ask, store, close } = await fakeServer();
  const { token } = (await ask("/api/accounts", { body: LOGIN })).json;
  assertEquals((await ask("/api/actors")).status, 401);
  assertEquals((await ask("/api/actors", { token })).json.code, "forbidden");
  const user = await store.userByName("alice");
  await store.setAdmin(user?.id ?? "", true);
  const { node, actors } = (await ask("/api/actors", { token })).json;
  assertEquals([node, actors[0].name], ["n1", "archive"]);
  await close();
});

Deno.test("administrators alone say something to everybody, and one line of it", async () => {
  const { ask, store, noticed, close } = await fakeServer();
  const { token } = (await ask("/api/accounts", { body: LOGIN })).json;
  const body = { content: " Back in a minute. " };
  assertEquals((await ask("/api/notices", { body })).status, 401);
  assertEquals((await ask("/api/notices", { body, token })).json.code, "forbidden");
  const user = await store.userByName("alice");
  await store.setAdmin(user?.id ?? "", true);
  assertEquals((await ask("/api/notices", { body, token })).status, 204);
  for (const content of ["", " ", "two\nlines", "\u001b[2J", "x".repeat(501), "\ud800"]) {
    assertEquals((await ask("/api/notices", { body: { content }, token })).status, 400);
  }
  assertEquals(noticed, ["Back in a minute."]);
  await close();
});

Deno.test("one address asking too much is told when to come back, another is served", async () => {
  const { ask, time, close } = await fakeServer();
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

Deno.test("a path or a method that there is not is a problem with its name", async () => {
  const { ask, close } = await fakeServer();
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
  for (
    const [path, method, allow] of [
      ["/api/sessions", "GET", "POST"],
      ["/api/me", "DELETE", "GET, HEAD"],
      ["/api/rooms/lobby/messages", "PUT", "GET, HEAD, POST"],
    ] as const
  ) {
    assertEquals((await ask(path, { method })).headers.get("allow"), allow, `${method} ${path}`);
  }
  await close();
});
