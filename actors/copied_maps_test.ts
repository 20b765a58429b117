import { assert, assertEquals } from "@std/assert";
import { dice } from "../protocol/fake_dice.ts";
import { ASK_EVERY_MS, CopiedMaps, type Difference } from "./copied_maps.ts";
import { type MapNews, OwnMap, PIECE_ENTRIES_MAX } from "./own_map.ts";

type News = Exclude<MapNews<string>, { kind: "ask" }>;

/** One map and a node that has a copy of it. */
class Pair {
  nowMs = 0;
  own = new OwnMap<string>(1);
  readonly copies = new CopiedMaps<string>(() => this.nowMs);
  /** What the copy told of, in its order. */
  told: string[] = [];

  send(...news: readonly News[]): void {
    for (const each of news) this.note(this.copies.heard("a", each));
  }

  note({ came, went, ask, late }: Difference<string>): void {
    for (const [key] of came) this.told.push(`${late ? "late " : ""}+${key}`);
    for (const [key] of went) this.told.push(`-${key}`);
    if (ask) this.own.asked(ask);
  }

  /** What is owed, asked for as often as it takes. */
  heal(): void {
    for (let time = 0; time < 100; time++) {
      this.nowMs += ASK_EVERY_MS;
      while (this.own.hasNews) this.send(...this.own.sending());
      this.send(this.own.now() as News);
      if (!this.own.hasNews) return;
    }
    throw new Error("the copy still asks");
  }

  copied(): Record<string, string> {
    return Object.fromEntries([...this.copies.entries()].sort());
  }

  owned(keys: Iterable<string>): Record<string, string> {
    const entries = [...keys].flatMap((key) => {
      const value = this.own.get(key);
      return value === undefined ? [] : [[key, value]];
    });
    return Object.fromEntries(entries.sort());
  }
}

Deno.test("a copy follows what is set and deleted, and tells each coming and going once", () => {
  const pair = new Pair();
  pair.own.set("alice", "Alice");
  pair.own.set("bob", "Bob");
  pair.send(...pair.own.sending());
  pair.own.delete("alice");
  pair.own.set("bob", "Bobby");
  pair.send(...pair.own.sending());
  assertEquals(pair.told, ["+alice", "+bob", "-alice"]);
  assertEquals(pair.copied(), { bob: "Bobby" });
  assertEquals([pair.own.hasNews, pair.own.sending()], [false, []]);
});

Deno.test("one lost message costs nothing, and no question", () => {
  const pair = new Pair();
  pair.own.set("alice", "Alice");
  pair.send(...pair.own.sending());
  pair.own.set("bob", "Bob");
  pair.own.sending();
  pair.own.delete("alice");
  pair.send(...pair.own.sending());
  assertEquals(pair.told, ["+alice", "+bob", "-alice"]);
  assertEquals(pair.own.hasNews, false);
});

Deno.test("who missed the last message learns it from the next sign of life", () => {
  const pair = new Pair();
  pair.own.set("alice", "Alice");
  pair.send(...pair.own.sending());
  pair.own.delete("alice");
  pair.own.sending();
  assertEquals(pair.copied(), { alice: "Alice" });
  pair.heal();
  assertEquals(pair.copied(), {});
});

Deno.test("messages of before change nothing, whatever their order", () => {
  const pair = new Pair();
  pair.own.set("alice", "Alice");
  const came = pair.own.sending();
  pair.own.delete("alice");
  const went = pair.own.sending();
  pair.send(...went, ...came, ...came, ...went);
  assertEquals(pair.copied(), {});
  assertEquals(pair.told, []);
});

Deno.test("a node that begins anew leaves no ghosts of its life before", () => {
  const pair = new Pair();
  pair.own.set("alice", "Alice");
  pair.own.set("bob", "Bob");
  const before = pair.own.sending();
  pair.send(...before);
  pair.own = new OwnMap(2);
  pair.own.set("bob", "Bob");
  pair.send(...pair.own.sending());
  assertEquals(pair.copied(), { bob: "Bob" });
  pair.send(...before);
  assertEquals([pair.copied(), pair.told], [{ bob: "Bob" }, ["+alice", "+bob", "-alice"]]);
});

Deno.test("a newcomer asks and is sent everything in pieces, as what came long ago", () => {
  const pair = new Pair();
  const many = 3 * PIECE_ENTRIES_MAX + 1;
  for (let one = 0; one < many; one++) pair.own.set(`u${one}`, "x");
  while (pair.own.hasNews) pair.own.sending();
  assert(pair.copies.ask("a").after === 0);
  pair.own.asked(pair.copies.ask("a"));
  const pieces = pair.own.sending();
  assertEquals(pieces.length, 4);
  assert(pieces.every(({ set }) => set.length <= PIECE_ENTRIES_MAX));
  pair.send(...pieces);
  assertEquals([pair.copies.size, pair.copies.knows("a")], [many, true]);
  assert(pair.told.every((told) => told.startsWith("late +")));
});

Deno.test("a huge map is sent some at a time, so that nothing else waits for it", () => {
  const pair = new Pair();
  for (let one = 0; one < 25_000; one++) pair.own.set(`u${one}`, "x");
  const sizes = [];
  while (pair.own.hasNews) {
    const pieces = pair.own.sending();
    sizes.push(pieces.reduce((sum, { set }) => sum + set.length, 0));
    pair.send(...pieces);
  }
  assertEquals(sizes, [10_000, 10_000, 5_000]);
  assertEquals([pair.copies.size, pair.copies.knows("a")], [25_000, true]);
});

Deno.test("one more who comes costs a message that does not grow with the map", () => {
  const pair = new Pair();
  for (let one = 0; one < 5_000; one++) pair.own.set(`u${one}`, "x");
  for (let time = 0; time < 3; time++) {
    pair.own.set(`v${time}`, "x");
    pair.own.sending();
  }
  pair.own.set("w", "x");
  const [piece, ...rest] = pair.own.sending();
  assertEquals([rest, piece?.set.map(([key]) => key)], [[], ["v1", "v2", "w"]]);
});

Deno.test("what was deleted too long ago to be remembered is no ghost either", () => {
  const pair = new Pair();
  for (let one = 0; one < 5_000; one++) pair.own.set(`u${one}`, "x");
  pair.send(...pair.own.sending());
  // The copy hears nothing while nearly all go.
  for (let one = 1; one < 5_000; one++) pair.own.delete(`u${one}`);
  for (let time = 0; time < 5; time++) {
    pair.own.set("u0", `${time}`);
    pair.own.sending();
  }
  pair.heal();
  assertEquals(pair.copied(), { u0: "4" });
});

Deno.test("an entry is there while any node has it", () => {
  const copies = new CopiedMaps<string>(() => 0);
  const [a, b] = [new OwnMap<string>(1), new OwnMap<string>(1)];
  const told: string[] = [];
  const note = ({ came, went }: Difference<string>) =>
    told.push(...came.map(([key]) => `+${key}`), ...went.map(([key]) => `-${key}`));
  for (const [name, map] of [["a", a], ["b", b]] as const) {
    map.set("alice", name);
    for (const piece of map.sending()) note(copies.heard(name, piece));
  }
  assertEquals([told, [...copies.nodesOf("alice")]], [["+alice"], ["a", "b"]]);
  a.delete("alice");
  for (const piece of a.sending()) note(copies.heard("a", piece));
  assertEquals([told, copies.has("alice")], [["+alice"], true]);
  note(copies.lost("b"));
  assertEquals([told, copies.has("alice"), copies.size], [["+alice", "-alice"], false, 0]);
});

Deno.test("a node that answers nothing is asked once a second at most", () => {
  const pair = new Pair();
  pair.own.set("alice", "Alice");
  const lost = pair.own.now() as News;
  const asks = [0, 1, 500, ASK_EVERY_MS - 1, ASK_EVERY_MS].map((nowMs) => {
    pair.nowMs = nowMs;
    return pair.copies.heard("a", lost).ask !== undefined;
  });
  assertEquals(asks, [true, false, false, false, true]);
});

Deno.test("nodes that fall silent are found, unless nobody could have heard them", () => {
  const pair = new Pair();
  pair.send(pair.own.now() as News);
  pair.nowMs = 10;
  assertEquals([...pair.copies.silentSince(10)], ["a"]);
  pair.copies.forgive();
  assertEquals([...pair.copies.silentSince(10)], []);
});

Deno.test("whatever is lost, doubled and swapped, in the end the copy is the map (80 seeds)", () => {
  for (let seed = 1; seed <= 80; seed++) {
    const roll = dice(seed);
    const pair = new Pair();
    const keys = Array.from({ length: 1 + roll(2_500) }, (_, one) => `u${one}`);
    const underWay: News[] = [];
    for (let step = 0; step < 300; step++) {
      pair.nowMs += roll(300);
      for (let change = roll(seed % 5 === 0 ? 200 : 8); change > 0; change--) {
        const key = keys[roll(keys.length)] as string;
        if (roll(2) === 0) pair.own.set(key, `${roll(1_000)}`);
        else pair.own.delete(key);
      }
      if (roll(60) === 0) pair.own = new OwnMap(pair.own.life + 1);
      if (roll(2) === 0) underWay.push(...pair.own.sending());
      if (roll(5) === 0) underWay.push(pair.own.now() as News);
      for (let left = roll(4); left > 0 && underWay.length > 0; left--) {
        const at = roll(3) === 0 ? roll(underWay.length) : 0;
        const [news] = underWay.splice(at, 1) as [News];
        if (roll(4) !== 0) pair.send(news);
        if (roll(6) === 0) underWay.splice(roll(underWay.length + 1), 0, news);
      }
    }
    pair.send(...underWay);
    pair.heal();
    assertEquals(pair.copied(), pair.owned(keys), `seed ${seed}`);
    // What was told of it adds up, too.
    const there = new Set<string>();
    for (const told of pair.told) {
      const key = told.replace(/^(late )?[+-]/, "");
      if (told.startsWith("-")) assert(there.delete(key), `seed ${seed}: ${key} went twice`);
      else {
        assert(!there.has(key), `seed ${seed}: ${key} came twice`);
        there.add(key);
      }
    }
    assertEquals([...there].sort(), Object.keys(pair.owned(keys)).sort(), `seed ${seed}`);
  }
});
