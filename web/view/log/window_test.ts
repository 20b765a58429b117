import { assert, assertEquals, assertLess } from "@std/assert";
import type { Row } from "../../model/log.ts";
import { LogWindow, WINDOW_MAX, WINDOW_START, WINDOW_STEP } from "./window.ts";

const row = (seq: number): Row => ({
  type: "message",
  room: "lobby",
  seq,
  from: "bob",
  content: String(seq),
  at: seq,
});
const rows = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => row(from + i));

Deno.test("following, the newest rows are in the page and never more than the bound", () => {
  const all = rows(1, 50);
  const window = new LogWindow();
  for (let seq = 51; seq <= 2_000; seq++) {
    all.push(row(seq));
    const { from, to } = window.range(all);
    assertEquals(to, all.length);
    assertLess(to - from, WINDOW_MAX + 1);
  }
});

Deno.test("following, most new rows take no old row out: the page changes at its end only", () => {
  const all = rows(1, 1_000);
  const window = new LogWindow();
  window.follow(all);
  let moves = 0;
  let last = window.range(all).from;
  for (let seq = 1_001; seq <= 2_000; seq++) {
    all.push(row(seq));
    const { from } = window.range(all);
    if (from !== last) moves++;
    last = from;
  }
  assertLess(moves, 10);
});

Deno.test("frozen, arrivals are not shown", () => {
  const all = rows(1, WINDOW_START);
  const window = new LogWindow();
  window.follow(all);
  window.freeze(all);
  all.push(row(WINDOW_START + 1), row(WINDOW_START + 2));
  assertEquals(window.range(all), { from: 0, to: WINDOW_START });
  window.resume();
  assertEquals(window.range(all).to, WINDOW_START + 2);
});

Deno.test("rows that come in front do not move what is shown", () => {
  const window = new LogWindow();
  const here = rows(500, 800);
  window.follow(here);
  window.freeze(here);
  const shown = (all: Row[]) => {
    const { from, to } = window.range(all);
    return [all[from]?.seq, all[to - 1]?.seq];
  };
  const before = shown(here);
  assertEquals(shown([...rows(400, 499), ...here]), before);
});

Deno.test("going back and forth through everything shows every row and stays in bounds", () => {
  const all = rows(1, 3_000);
  const window = new LogWindow();
  window.follow(all);
  const seen = new Set<number>();
  const look = () => {
    const { from, to } = window.range(all);
    assert(to - from <= WINDOW_MAX, `${to - from} rows`);
    for (let at = from; at < to; at++) seen.add(all[at]!.seq);
  };
  look();
  for (let i = 0; i < 100 && window.older(all); i++) look();
  assertEquals(seen.size, all.length);
  assertEquals(window.range(all).from, 0);
  seen.clear();
  look();
  for (let i = 0; i < 100 && window.newer(all); i++) look();
  assertEquals(window.range(all).to, all.length);
  assertEquals(seen.size, all.length);
});

Deno.test("each step back keeps most of what was shown in the page", () => {
  const all = rows(1, 3_000);
  const window = new LogWindow();
  window.follow(all);
  for (let i = 0; i < 20; i++) {
    const before = window.range(all);
    window.older(all);
    const after = window.range(all);
    assertEquals(before.from - after.from, WINDOW_STEP);
    assert(after.to > before.from + WINDOW_START / 2);
  }
});

Deno.test("the surroundings of a row are shown on both sides", () => {
  const all = rows(1, 1_000);
  const window = new LogWindow();
  window.around(all, 500);
  const { from, to } = window.range(all);
  assertEquals([all[from]?.seq, all[to - 1]?.seq], [400, 600]);
});
