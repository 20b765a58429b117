import { assert, assertEquals } from "@std/assert";
import { FakeClock } from "./fake_clock.ts";
import { TokenBucket } from "./token_bucket.ts";

/** How many of `tries` at once go on. */
function admitted(bucket: TokenBucket, tries: number): number {
  return Array.from({ length: tries }, () => bucket.take()).filter((waitMs) => waitMs === 0).length;
}

Deno.test("a burst goes through, then no more than the rate", () => {
  const clock = new FakeClock();
  const bucket = new TokenBucket(clock, 10, 20);
  assertEquals(admitted(bucket, 50), 20);
  clock.advance(1_000);
  assertEquals(admitted(bucket, 50), 10);
  clock.advance(3_600_000);
  assertEquals(admitted(bucket, 50), 20, "an idle hour earns no more than a burst");
});

Deno.test("who is refused hears when to try again, and is then let through", () => {
  const clock = new FakeClock();
  const bucket = new TokenBucket(clock, 4, 1);
  assertEquals(bucket.take(), 0);
  const waitMs = bucket.take();
  assertEquals(waitMs, 250);
  clock.advance(waitMs - 1);
  assert(bucket.take() > 0);
  clock.advance(1);
  assertEquals(bucket.take(), 0);
});

Deno.test("a rate of 0 lets everything through", () => {
  assertEquals(admitted(new TokenBucket(new FakeClock(), 0, 0), 10_000), 10_000);
});
