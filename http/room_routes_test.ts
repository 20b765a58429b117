import { assertEquals, assertMatch } from "@std/assert";
import { fakeServer } from "./fake_server.ts";

Deno.test("rooms are asked as the user and with checked parameters, refusals come through", async () => {
  const { ask, asked, failures, close } = await fakeServer();
  const { token } = (await ask("/api/guests", { body: { name: "Bob" } })).json;
  assertEquals((await ask("/api/rooms", { token })).json.rooms, []);
  await ask("/api/unread", { token });
  await ask("/api/rooms/%40al%C3%ADce/messages?before=9&limit=200&nonsense=1", { token });
  await ask("/api/search?query=h%20i&room=lobby", { token });
  assertEquals(asked, [
    { user: "Bob", command: { type: "rooms" } },
    { user: "Bob", command: { type: "unread" } },
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
  const all = [
    "/api/rooms",
    "/api/unread",
    "/api/rooms/lobby/messages",
    "/api/search?query=abc",
  ];
  for (const path of all) {
    assertEquals((await ask(path)).status, 401, "nobody reads without saying who");
  }
  await close();
});

Deno.test("a message is said once, checked as over the socket", async () => {
  const { ask, asked, online, close } = await fakeServer();
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
