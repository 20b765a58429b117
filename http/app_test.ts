import { assert, assertEquals, assertMatch } from "@std/assert";
import { trustProxies } from "./address.ts";
import type { AppOptions } from "./app.ts";
import { fakeApp } from "./fake_app.ts";

const PROXY = { address: "10.0.0.1" };
const trusts = trustProxies([{ address: "10.0.0.0", prefixBits: 8, family: "ipv4" }]);

async function app(options: Partial<AppOptions> = {}) {
  const serve = await fakeApp({ trusts, ...options });
  return (path: string, init: RequestInit = {}, peer?: { address: string }) =>
    serve(new Request(`http://chat.example${path}`, init), peer);
}

Deno.test("the server is alive whatever its store does, and ready only when it says so", async () => {
  let why: string | undefined = undefined;
  const get = await app({ notReady: () => Promise.resolve(why) });
  assertEquals((await get("/readyz")).status, 200);
  why = "the store cannot write";
  assertEquals((await get("/healthz")).status, 200);
  const response = await get("/readyz");
  assertEquals(response.status, 503);
  assertEquals(await response.text(), "the store cannot write\n");
});

Deno.test("what there is not is a problem with a code, and a wrong method is 405", async () => {
  const get = await app();
  const response = await get("/etc/passwd");
  assertEquals(response.status, 404);
  assertEquals(response.headers.get("content-type"), "application/problem+json");
  assertEquals((await response.json()).code, "unknown_type");
  for (const [path, method] of [["/healthz", "DELETE"], ["/", "PROPFIND"]] as const) {
    const { status, headers } = await get(path, { method });
    assertEquals([status, headers.get("allow")], [405, "GET, HEAD"], path);
  }
});

Deno.test("a failure inside is told as internal, without what it was", async () => {
  const errors: unknown[] = [];
  const get = await app({
    notReady: () => Promise.reject(new Error("secret detail")),
    onError: (error) => errors.push(error),
  });
  const response = await get("/readyz");
  assertEquals(response.status, 500);
  assert(!(await response.text()).includes("secret detail"));
  assertEquals(errors.length, 1);
});

Deno.test("every answer forbids inline script, sniffing and frames; HSTS only behind TLS", async () => {
  const get = await app();
  for (const path of ["/healthz", "/nothing"]) {
    const { headers } = await get(path);
    const policy = headers.get("content-security-policy") ?? "";
    assertMatch(policy, /default-src 'none'/);
    assertMatch(policy, /script-src 'self'(;|$)/);
    assertMatch(policy, /frame-ancestors 'none'/);
    assert(!policy.includes("unsafe"));
    assertEquals(headers.get("x-content-type-options"), "nosniff");
    assertEquals(headers.get("referrer-policy"), "no-referrer");
    assertEquals(headers.get("strict-transport-security"), null);
  }
  const https = { headers: { "x-forwarded-proto": "https" } };
  const fromAnybody = await get("/healthz", https);
  assertEquals(fromAnybody.headers.get("strict-transport-security"), null);
  for (const path of ["/healthz", "/nothing"]) {
    const fromProxy = await get(path, https, PROXY);
    assertMatch(fromProxy.headers.get("strict-transport-security") ?? "", /^max-age=\d{8}$/);
  }
});
