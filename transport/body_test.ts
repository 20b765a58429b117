import { assert, assertEquals, assertInstanceOf, assertLess } from "@std/assert";
import { readBody } from "./body.ts";

function post(chunks: readonly string[], more?: Promise<void>): Request {
  const encoder = new TextEncoder();
  const left = [...chunks];
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = left.shift();
      if (next !== undefined) return controller.enqueue(encoder.encode(next));
      await more;
      controller.close();
    },
  });
  return new Request("http://x/api?q=1", { method: "POST", headers: { "x-a": "1" }, body });
}

Deno.test("a body within the limit arrives whole, with its request", async () => {
  const request = await readBody(post(["ab", "", "cd"]), 4);
  assertInstanceOf(request, Request);
  assertEquals([request.url, request.method, request.headers.get("x-a"), await request.text()], [
    "http://x/api?q=1",
    "POST",
    "1",
    "abcd",
  ]);
});

Deno.test("a request without a body is passed on as it is", async () => {
  const request = new Request("http://x/");
  assert(await readBody(request, 4) === request);
});

Deno.test("a body one byte too long is 413, whatever its length was said to be", async () => {
  const unsaid = await readBody(post(["ab", "cde"]), 4);
  assertInstanceOf(unsaid, Response);
  assertEquals([unsaid.status, unsaid.headers.get("connection")], [413, "close"]);
  assertEquals(unsaid.headers.get("content-type"), "application/problem+json");
  assertEquals(await unsaid.json(), {
    type: "about:blank",
    title: "Content Too Large",
    status: 413,
    detail: "expected a body of at most 4 bytes",
    code: "too_large",
  });
  const said = new Request("http://x/", {
    method: "POST",
    headers: { "content-length": "5" },
    body: "",
  });
  const refused = await readBody(said, 4);
  assertInstanceOf(refused, Response);
  assertEquals(refused.status, 413);
});

Deno.test("a body that does not come to its end in time is 408", async () => {
  const refused = await readBody(post(["ab"], new Promise(() => {})), 4, 5);
  assertInstanceOf(refused, Response);
  assertEquals(refused.status, 408);
});

Deno.test("a body that breaks off is 400", async () => {
  const refused = await readBody(post(["ab"], Promise.reject(new Error("reset"))), 4);
  assertInstanceOf(refused, Response);
  assertEquals(refused.status, 400);
});

Deno.test("a body of thousands of chunks is one when it is there: reading it again takes no time", async () => {
  const start = performance.now();
  const request = await readBody(post(Array<string>(20_000).fill("a")), 20_000);
  assertInstanceOf(request, Request);
  const there = performance.now();
  assertEquals((await request.text()).length, 20_000);
  assertLess(performance.now() - there, (there - start) / 40);
});
