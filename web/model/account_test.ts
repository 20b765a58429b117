import { assertEquals, assertRejects } from "@std/assert";
import { AccountError, logOut, whoAmI } from "./account.ts";

/** Asks as a page would of a server that answers with this status. */
async function whileServerSays<T>(status: number, ask: () => Promise<T>): Promise<T> {
  const { fetch } = globalThis;
  const body = JSON.stringify({ code: "some_code", detail: "some words" });
  globalThis.fetch = () => Promise.resolve(new Response(body, { status }));
  Object.assign(globalThis, { document: { baseURI: "http://chat.test/" } });
  try {
    return await ask();
  } finally {
    globalThis.fetch = fetch;
    Reflect.deleteProperty(globalThis, "document");
  }
}

Deno.test("only a server that says so has no session for us: one that is busy is asked again", async () => {
  assertEquals(await whileServerSays(401, whoAmI), undefined);
  for (const status of [408, 429, 500, 503]) {
    await assertRejects(() => whileServerSays(status, whoAmI), AccountError, "some words");
  }
});

Deno.test("who could not be logged out is not told that they were", async () => {
  await whileServerSays(401, logOut);
  for (const status of [403, 429, 503]) {
    await assertRejects(() => whileServerSays(status, logOut), AccountError, "some words");
  }
});
