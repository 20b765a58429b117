import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { redisLocation } from "./redis_url.ts";
import { Expected } from "./values.ts";

Deno.test("a Redis URL says where it is, who asks it and who vouches for it", () => {
  assertEquals(redisLocation("redis://localhost"), { url: "redis://localhost", ca: undefined });
  assertEquals(redisLocation("rediss://me:p%40ss%2Fw@h:6380/2?ca=/etc/ca.pem"), {
    url: "rediss://me:p%40ss%2Fw@h:6380/2",
    ca: "/etc/ca.pem",
  });
});

const BAD: readonly [string, string][] = [
  ["redis://h?ca=/etc/ca.pem", "ca=FILE of rediss://"],
  ["rediss://h?ca=", "ca=FILE"],
  ["rediss://h?ca=/a&ca=/b", "ca=FILE"],
  ["rediss://h?tls=off", "ca=FILE"],
  ["redis://me:s3%cret@h", "%-encoded"],
];

for (const [text, named] of BAD) {
  Deno.test(`${text} is refused, and its password is not shown`, () => {
    const { message } = assertThrows(() => redisLocation(text), Expected);
    assertStringIncludes(message, named);
    assertEquals(message.includes("s3"), false);
  });
}
