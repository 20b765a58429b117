import { assertEquals, assertMatch } from "@std/assert";
import { fakeServer } from "./fake_server.ts";

Deno.test("the description names every route, its body and its refusals", async () => {
  const { ask, close } = await fakeServer();
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
    "get /api/unread",
    "post /api/accounts",
    "post /api/accounts/me/password",
    "post /api/guests",
    "post /api/notices",
    "post /api/rooms/{room}/messages",
    "post /api/sessions",
    "post /api/tickets",
  ]);
  const login = api.paths["/api/sessions"].post;
  const { properties, required } = login.requestBody.content["application/json"].schema;
  assertEquals(Object.keys(properties), ["name", "password", "cookie"]);
  assertEquals(required, ["name", "password"]);
  assertMatch(login.responses["503"].description, /busy/);
  assertEquals(Object.keys(login.responses), [
    "201",
    "400",
    "401",
    "403",
    "408",
    "413",
    "415",
    "429",
    "500",
    "503",
  ]);
  const saying = api.paths["/api/rooms/{room}/messages"].post.responses;
  assertEquals(saying["200"].content, saying["201"].content, "a message that was there already");
  assertMatch(saying["409"].description, /conflict/);
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
