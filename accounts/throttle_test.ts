import { assert, assertEquals, assertThrows } from "@std/assert";
import { Refusal } from "../protocol/errors.ts";
import { LogInLimits } from "./log_in_limits.ts";
import { Throttle } from "./throttle.ts";

function refusal(run: () => unknown): Refusal {
  return assertThrows(run, Refusal);
}

function asking(canonicalName: string, address: string, owner = false) {
  return { canonicalName, address, owner };
}

Deno.test("a burst goes through, then one at a time, and the refusal says how long to wait", () => {
  let nowMs = 5_000;
  const throttle = new Throttle({ burst: 3, everyMs: 1000, monotonic: () => nowMs });
  for (let n = 0; n < 3; n++) throttle.take("a", "tries");
  const refused = refusal(() => throttle.take("a", "tries"));
  assertEquals([refused.code, refused.retryMs], ["rate_limited", 1000]);
  throttle.take("b", "tries");
  nowMs += 999;
  assertEquals(refusal(() => throttle.take("a", "tries")).retryMs, 1);
  nowMs += 1;
  throttle.take("a", "tries");
  refusal(() => throttle.take("a", "tries"));
  throttle.giveBack("a");
  throttle.take("a", "tries");
  nowMs += 60_000;
  for (let n = 0; n < 3; n++) throttle.take("a", "tries");
  refusal(() => throttle.take("a", "tries"));
});

Deno.test("a throttle remembers a bounded number of keys, the spent ones longest", () => {
  let nowMs = 0;
  const throttle = new Throttle({ burst: 2, everyMs: 1000, monotonic: () => nowMs, keysMax: 100 });
  throttle.take("guessed", "tries");
  throttle.take("guessed", "tries");
  for (let n = 0; n < 99; n++) throttle.take(`once ${n}`, "tries");
  nowMs = 1000;
  throttle.take("another", "tries");
  assert(throttle.size <= 100);
  throttle.take("guessed", "tries");
  assertEquals(refusal(() => throttle.take("guessed", "tries")).code, "rate_limited");
  for (let n = 0; n < 10_000; n++) throttle.take(`many ${n}`, "tries");
  assert(throttle.size <= 100);
});

Deno.test("guessing is stopped by account and by address, and does not lock the owner out", () => {
  const limits = new LogInLimits(() => 0);
  limits.attempt(asking("alice", "10.0.0.1")).succeeded();
  for (let n = 0; n < 10; n++) limits.attempt(asking("alice", `192.0.2.${n}`));
  assertEquals(
    refusal(() => limits.attempt(asking("alice", "192.0.2.99"))).code,
    "rate_limited",
  );
  limits.attempt(asking("alice", "10.0.0.1")).succeeded();
  limits.attempt(asking("alice", "203.0.113.1", true)).succeeded();
  limits.attempt(asking("bob", "192.0.2.99"));

  for (let n = 0; n < 30; n++) limits.attempt(asking(`user ${n}`, "198.51.100.1"));
  refusal(() => limits.attempt(asking("carol", "198.51.100.1")));
  limits.attempt(asking("carol", "198.51.100.2"));
});

Deno.test("a try that is refused for its account does not count against its address", () => {
  const limits = new LogInLimits(() => 0);
  for (let n = 0; n < 10; n++) limits.attempt(asking("alice", "192.0.2.1"));
  for (let n = 0; n < 100; n++) refusal(() => limits.attempt(asking("alice", "198.51.100.1")));
  for (let n = 0; n < 30; n++) limits.attempt(asking(`user ${n}`, "198.51.100.1"));
});

Deno.test("right passwords and tries that were not looked at are not counted", () => {
  const limits = new LogInLimits(() => 0);
  for (let n = 0; n < 100; n++) limits.attempt(asking("alice", "10.0.0.1")).succeeded();
  for (let n = 0; n < 100; n++) limits.attempt(asking("alice", "10.0.0.2")).withdrawn();
  for (let n = 0; n < 10; n++) limits.attempt(asking("alice", "10.0.0.2"));
  refusal(() => limits.attempt(asking("alice", "10.0.0.2")));
  refusal(() => limits.attempt(asking("alice", "10.0.0.3")));
  for (let n = 0; n < 10; n++) limits.attempt(asking("alice", "10.0.0.1"));
  refusal(() => limits.attempt(asking("alice", "10.0.0.1")));
});

Deno.test("two throttles that tell each other allow together what one does", () => {
  let nowMs = 0;
  const options = { burst: 10, everyMs: 1000, monotonic: () => nowMs, shared: true };
  const [one, other] = [new Throttle(options), new Throttle(options)];
  const tell = () => {
    for (const [key, amount] of one.takeSpent()) other.spentElsewhere(key, amount);
  };
  for (let n = 0; n < 7; n++) one.take("a", "tries");
  one.giveBack("a");
  tell();
  tell();
  for (let n = 0; n < 4; n++) other.take("a", "tries");
  assertEquals(refusal(() => other.take("a", "tries")).retryMs, 1000);
  // What turned out to be in order is given back there, too.
  one.giveBack("a");
  tell();
  other.take("a", "tries");
  refusal(() => other.take("a", "tries"));
  assertEquals(one.takeSpent(), []);
  nowMs += 60_000;
  other.take("a", "tries");
});

Deno.test("guessing is counted over all nodes, and an owner who is known on one is on all", () => {
  const [one, other] = [new LogInLimits(() => 0, true), new LogInLimits(() => 0, true)];
  const tell = () => {
    for (const [name, purse] of Object.entries(one.purses)) {
      for (const [key, amount] of purse.takeSpent()) {
        other.purses[name]?.spentElsewhere(key, amount);
      }
    }
  };
  one.attempt(asking("alice", "10.0.0.1")).succeeded();
  for (let n = 0; n < 10; n++) one.attempt(asking("alice", `192.0.2.${n}`));
  other.attempt(asking("alice", "192.0.2.99")).withdrawn();
  tell();
  refusal(() => other.attempt(asking("alice", "192.0.2.99")));
  other.attempt(asking("alice", "10.0.0.1")).succeeded();
});
