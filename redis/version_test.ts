import { assertEquals, assertRejects } from "@std/assert";
import { requireVersion } from "./version.ts";

/** What HELLO answers (https://redis.io/docs/latest/commands/hello/). */
const hello = (version: string) => () =>
  Promise.resolve(["server", "redis", "version", version, "proto", 2, "modules", []]);

Deno.test("Redis from 6.2 on will do, and whatever calls itself so", async () => {
  for (const version of ["6.2.0", "6.10.1", "7.0.15", "8.4.0-rc1", "10.0"]) {
    await requireVersion(hello(version));
  }
});

Deno.test("an older Redis is named, with what was expected", async () => {
  for (const version of ["6.0.16", "5.0.7", "2.8"]) {
    const { message } = await assertRejects(() => requireVersion(hello(version)), Error);
    assertEquals(message, `expected Redis 6.2 or later, got ${version}`);
  }
  const unknown = () => Promise.reject(new Error("ERR unknown command `HELLO`"));
  const { message } = await assertRejects(() => requireVersion(unknown), Error);
  assertEquals(message, "expected Redis 6.2 or later, got one before 6.0");
});

Deno.test("what else goes wrong is told as it is", async () => {
  const lost = () => Promise.reject(new Error("the connection ended"));
  await assertRejects(() => requireVersion(lost), Error, "the connection ended");
});
