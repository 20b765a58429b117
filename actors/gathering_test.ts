import { assertEquals } from "@std/assert";
import { NAMES_LISTED_MAX } from "../protocol/limits.ts";
import { FakeClock } from "./fake_clock.ts";
import { user } from "./fake_session.ts";
import { GATHER_MS, GATHER_MS_PER_SESSION, Gathering } from "./gathering.ts";

/** What is told, and when, as `+alice -bob`. */
function setUp(sessions = 1) {
  const clock = new FakeClock();
  const told: { atMs: number; who: string }[] = [];
  const gathering = new Gathering(clock, () => {
    const gathered = gathering.take(sessions);
    if (!gathered) return;
    const joined = gathered.joined.map(({ name }) => `+${name}`);
    const left = gathered.left.map(({ name }) => `-${name}`);
    told.push({ atMs: clock.monotonic(), who: [...joined, ...left].join(" ") });
  });
  return { clock, told, gathering };
}

const [alice, bob, carol] = [user("alice"), user("bob"), user("carol")];

Deno.test("the first to come after a quiet time is told at once", () => {
  const { clock, told, gathering } = setUp();
  gathering.came(alice);
  clock.advance(0);
  assertEquals(told, [{ atMs: 0, who: "+alice" }]);
  clock.advance(10 * GATHER_MS);
  gathering.went(alice);
  clock.advance(0);
  assertEquals(told[1], { atMs: 10 * GATHER_MS, who: "-alice" });
});

Deno.test("what follows is told together, at most once in GATHER_MS", () => {
  const { clock, told, gathering } = setUp();
  gathering.came(alice);
  clock.advance(1);
  gathering.came(bob);
  clock.advance(1);
  gathering.came(carol);
  gathering.went(alice);
  clock.advance(GATHER_MS);
  assertEquals(told, [{ atMs: 0, who: "+alice" }, { atMs: GATHER_MS, who: "+bob +carol -alice" }]);
});

Deno.test("a storm that lasts is a few frames", () => {
  const { clock, told, gathering } = setUp();
  for (let guest = 0; guest < 5_000; guest++) {
    gathering.came(user(`guest ${guest}`));
    clock.advance(1);
  }
  clock.advance(GATHER_MS);
  assertEquals(told.length, 1 + Math.ceil(5_000 / GATHER_MS));
});

Deno.test("a crowd is told less often, so that telling costs a bounded share of the time", () => {
  const { clock, told, gathering } = setUp(10_000);
  for (let guest = 0; guest < 5_000; guest++) {
    gathering.came(user(`guest ${guest}`));
    clock.advance(1);
  }
  clock.advance(10_000 * GATHER_MS_PER_SESSION);
  assertEquals(told.length, 1 + Math.ceil(5_000 / (10_000 * GATHER_MS_PER_SESSION)));
});

/** Alice and bob have come; that bob was put out stands in the log, and nothing is told of it yet. */
function bobIsPutOut() {
  const all = setUp();
  for (const each of [alice, bob]) all.gathering.came(each);
  all.clock.advance(0);
  all.gathering.putOut(bob.id);
  return all;
}

Deno.test("who was put out, as the log told, and is back at once is told of", () => {
  const { clock, told, gathering } = bobIsPutOut();
  gathering.went(bob);
  gathering.came(bob);
  clock.advance(GATHER_MS);
  assertEquals(told[1]?.who, "+bob");
  // Once that is told, coming and going is no news again.
  gathering.went(bob);
  gathering.came(bob);
  clock.advance(GATHER_MS);
  assertEquals(told.length, 2);
});

Deno.test("who was put out, came back and went is told as gone", () => {
  const { clock, told, gathering } = bobIsPutOut();
  gathering.went(bob);
  gathering.came(bob);
  gathering.went(bob);
  clock.advance(GATHER_MS);
  assertEquals(told[1]?.who, "-bob");
});

Deno.test("who was put out on another node is told of when that says so", () => {
  const { clock, told, gathering } = bobIsPutOut();
  gathering.came(carol);
  clock.advance(GATHER_MS);
  gathering.went(bob);
  gathering.came(bob);
  clock.advance(GATHER_MS);
  assertEquals(told.map(({ who }) => who), ["+alice +bob", "+carol", "+bob"]);
});

Deno.test("who comes and goes in between is no news, and neither is who goes and comes", () => {
  const { clock, told, gathering } = setUp();
  gathering.came(alice);
  clock.advance(0);
  gathering.came(bob);
  gathering.went(bob);
  gathering.went(alice);
  gathering.came(alice);
  clock.advance(10 * GATHER_MS);
  assertEquals(told.map(({ who }) => who), ["+alice"]);
  assertEquals(clock.pending, 0);
});

Deno.test("of a crowd only so many are named", () => {
  const { gathering } = setUp();
  for (let guest = 0; guest < 3 * NAMES_LISTED_MAX; guest++) gathering.came(user(`guest ${guest}`));
  assertEquals(gathering.take(1)?.joined.length, NAMES_LISTED_MAX);
  assertEquals(gathering.take(1), undefined, "those who were cut are not told later");
  gathering.stop();
});

Deno.test("taking early leaves no second timer", () => {
  const { clock, told, gathering } = setUp();
  gathering.came(alice);
  assertEquals(gathering.take(1)?.joined, [alice]);
  gathering.came(bob);
  assertEquals(clock.pending, 1);
  clock.advance(GATHER_MS);
  assertEquals(told, [{ atMs: GATHER_MS, who: "+bob" }]);
});

Deno.test("stopping leaves no timer", () => {
  const { clock, gathering } = setUp();
  gathering.came(alice);
  gathering.stop();
  gathering.stop();
  assertEquals(clock.pending, 0);
});
