import { assertEquals } from "@std/assert";
import type { Inspection } from "../actors/actor.ts";
import { Census } from "./census.ts";

function actor(name: string, handled: number, more: Partial<Inspection> = {}): Inspection {
  const idle = { parent: "hubbub", depth: 0, bound: 100, restarts: 0, state: "running" } as const;
  return { name, handled, ...idle, ...more };
}

function setUp(...first: Inspection[]) {
  const now = { ms: 0, actors: first, walks: 0 };
  const census = new Census(() => {
    now.walks++;
    return now.actors;
  }, () => now.ms);
  const names = (limit?: number) => census.report(limit).actors.map(({ name }) => name);
  return { now, census, names };
}

Deno.test("a rate is what was handled since the look before, also of an actor that is new", () => {
  const { now, census } = setUp(actor("hub a", 100), actor("hub b", 5));
  assertEquals(census.report().actors.map(({ perSecond }) => perSecond), [undefined, undefined]);
  now.ms = 2_000;
  now.actors = [actor("hub a", 110), actor("hub b", 5), actor("hub c", 40)];
  const { actors, kinds } = census.report();
  assertEquals(actors.map(({ name, perSecond }) => [name, perSecond]), [
    ["hub c", 20],
    ["hub a", 5],
    ["hub b", 0],
  ]);
  assertEquals(kinds, [
    { kind: "hub", count: 3, depth: 0, fullest: 0, handled: 155, perSecond: 25 },
  ]);
});

Deno.test("an actor that began anew under its name has no negative rate", () => {
  const { now, census } = setUp(actor("hub a", 100));
  census.report();
  now.ms = 1_000;
  now.actors = [actor("hub a", 3)];
  assertEquals(census.report().actors[0]?.perSecond, 0);
});

Deno.test("however often it is asked, the tree is walked once a second", () => {
  const { now, census } = setUp(actor("hub a", 1));
  for (; now.ms < 1_000; now.ms += 10) census.report();
  assertEquals(now.walks, 1);
  census.report();
  assertEquals(now.walks, 2);
});

Deno.test("a look from long ago makes no rate", () => {
  const { now, census } = setUp(actor("hub a", 1));
  census.report();
  now.ms = 60_000;
  assertEquals(census.report().actors[0]?.perSecond, undefined);
});

Deno.test("those in trouble come first, then the busiest, then those for whom most waits", () => {
  const { now, names } = setUp();
  now.actors = [
    actor("writer idle", 0),
    actor("writer waiting", 0, { depth: 3 }),
    actor("writer busy", 0),
    actor("writer full", 0, { depth: 50 }),
    actor("writer restarted", 0, { restarts: 1 }),
  ];
  names();
  now.ms = 1_000;
  now.actors = now.actors.map((each) =>
    each.name === "writer busy" ? { ...each, handled: 9 } : each
  );
  assertEquals(names(), [
    "writer full",
    "writer restarted",
    "writer busy",
    "writer waiting",
    "writer idle",
  ]);
});

Deno.test("a limit is of each kind, so that many writers hide no hub", () => {
  const writers = Array.from({ length: 20 }, (_, index) => actor(`writer ${index}`, 9));
  const { census } = setUp(...writers, actor("hub a", 0), actor("archive", 0));
  const { actors, kinds } = census.report(3);
  assertEquals(actors.map(({ name }) => name.split(" ")[0]), [
    "writer",
    "writer",
    "writer",
    "hub",
    "archive",
  ]);
  assertEquals(kinds.map(({ kind, count }) => [kind, count]), [
    ["writer", 20],
    ["hub", 1],
    ["archive", 1],
  ]);
});
