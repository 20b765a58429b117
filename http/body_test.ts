import { assertEquals, assertRejects } from "@std/assert";
import { readJson } from "./body.ts";
import { HttpRefusal } from "./problem.ts";

const JSON_TYPE = { "content-type": "application/json" };

function post(body: BodyInit, headers: HeadersInit = JSON_TYPE): Request {
  return new Request("http://chat.example/", { method: "POST", body, headers });
}

/** A body that comes in pieces, and for ever when there is no end; tells what became of it. */
function stream(pieces: readonly string[], ends: boolean) {
  const seen = { pulled: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = pieces[seen.pulled++];
      if (piece !== undefined) return controller.enqueue(new TextEncoder().encode(piece));
      if (ends) controller.close();
      return ends ? undefined : new Promise(() => {});
    },
    cancel() {
      seen.cancelled = true;
    },
  }, { highWaterMark: 0 });
  return { body, seen };
}

async function status(promise: Promise<unknown>): Promise<number> {
  return (await assertRejects(() => promise, HttpRefusal)).status;
}

Deno.test("a body of JSON is read whole, in however many pieces it comes", async () => {
  assertEquals(await readJson(post('{"a":"ü"}'), 100), { a: "ü" });
  const { body } = stream(['{"a"', ":1", "}"], true);
  const type = { "content-type": "Application/JSON; charset=utf-8" };
  assertEquals(await readJson(post(body, type), 100), { a: 1 });
});

Deno.test("a body that is too long is refused by what it says, or as soon as it is longer", async () => {
  const said = post('"x"', { ...JSON_TYPE, "content-length": "101" });
  assertEquals(await status(readJson(said, 100)), 413);
  assertEquals(said.bodyUsed, false);
  const endless = stream(Array<string>(1000).fill("x".repeat(60)), true);
  assertEquals(await status(readJson(post(endless.body), 100)), 413);
  assertEquals(endless.seen, { pulled: 2, cancelled: true });
});

Deno.test("a body that does not come in time is given up", async () => {
  const slow = stream(['{"a"'], false);
  assertEquals(await status(readJson(post(slow.body), 100, 10)), 408);
  assertEquals(slow.seen.cancelled, true);
});

Deno.test("a body that is not declared as JSON, or is none, is refused", async () => {
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""]) {
    assertEquals(await status(readJson(post("{}", { "content-type": type }), 100)), 415, type);
  }
  for (const text of ["", "{", "{}{}", "undefined", '{"a":1,}']) {
    assertEquals(await status(readJson(post(text), 100)), 400, text);
  }
  assertEquals(await status(readJson(post(new Uint8Array([0x22, 0xff, 0x22])), 100)), 400);
});
