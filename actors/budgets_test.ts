import { assert, assertEquals } from "@std/assert";
import { Budgets } from "./budgets.ts";
import { FakeClock } from "./fake_clock.ts";
import { SHARE_EVERY_MS, Spending, type Spent } from "./spending.ts";

const [RATE, BURST] = [30, 60];

/** Nodes that hear each other at once. */
function nodes(count: number) {
  const clock = new FakeClock();
  const all = Array.from({ length: count }, () => new Budgets(clock, RATE, true));
  const told: Spent[] = [];
  const spending = all.map((budgets, node): Spending =>
    new Spending(clock, new Map([["said", budgets]]), (purse, spent) => {
      told.push(spent);
      spending.forEach((other, at) => at !== node && other.heard(purse, spent));
    })
  );
  return { clock, all, told, stop: () => spending.forEach((each) => each.stop()) };
}

/** How many of `tries` at once go on. */
function said(budget: { take(): number }, tries: number): number {
  return Array.from({ length: tries }, () => budget.take()).filter((waitMs) => waitMs === 0).length;
}

Deno.test("a second connection of a user buys nothing", () => {
  const budgets = new Budgets(new FakeClock(), RATE);
  const [one, other] = [budgets.lend("alice"), budgets.lend("alice")];
  assertEquals(said(one, 40) + said(other, 40), BURST);
  assertEquals(said(budgets.lend("bob"), 100), BURST);
});

Deno.test("coming back does not refill a budget", () => {
  const clock = new FakeClock();
  const budgets = new Budgets(clock, RATE);
  for (let time = 0; time < 10; time++) {
    const budget = budgets.lend("alice");
    assertEquals(said(budget, 100), time === 0 ? BURST : 3);
    budgets.giveBack(budget);
    clock.advance(100);
  }
});

Deno.test("who floods three nodes says no more, after the first moment, than on one", () => {
  const { clock, all, stop } = nodes(3);
  const budgets = all.map((each) => each.lend("alice"));
  const perStep: number[] = [];
  for (let stepMs = 0; stepMs < 60_000; stepMs += 100) {
    perStep.push(budgets.reduce((sum, budget) => sum + said(budget, 20), 0));
    clock.advance(100);
  }
  const total = perStep.reduce((sum, step) => sum + step);
  const first = perStep.slice(0, SHARE_EVERY_MS / 100).reduce((sum, step) => sum + step);
  assert(first <= 3 * (BURST + RATE * SHARE_EVERY_MS / 1_000), `${first} before anybody was told`);
  // On average what one node allows, plus what is not worth telling.
  assert(total <= BURST + 60 * RATE + 2 * BURST, `${total} in a minute`);
  assert(total >= 60 * RATE / 2, `${total} in a minute: the budget is not used up`);
  stop();
});

Deno.test("who goes from node to node takes the debt along", () => {
  const { clock, all, stop } = nodes(3);
  let total = 0;
  for (let turn = 0; turn < 30; turn++) {
    const budgets = all[turn % 3] as Budgets;
    const budget = budgets.lend("alice");
    total += said(budget, 100);
    budgets.giveBack(budget);
    clock.advance(SHARE_EVERY_MS);
  }
  assert(total <= BURST + 15 * RATE + BURST, `${total} in 15 s`);
  stop();
});

Deno.test("of people who talk as people do nobody is told", () => {
  const { clock, all, told, stop } = nodes(2);
  const budget = all[0]?.lend("alice");
  for (let second = 0; second < 20; second++) {
    budget?.take();
    clock.advance(1_000);
  }
  assertEquals(told, []);
  stop();
  assertEquals(clock.pending, 0);
});

Deno.test("budgets of those who left are forgotten once they are full", () => {
  const clock = new FakeClock();
  const budgets = new Budgets(clock, RATE);
  for (let one = 0; one < 1_000; one++) {
    const budget = budgets.lend(`u${one}`);
    said(budget, 10);
    budgets.giveBack(budget);
    budgets.spentElsewhere(`v${one}`, 10);
    clock.advance(100);
  }
  assert(budgets.size < 20, `${budgets.size} remembered`);
});

Deno.test("a node alone remembers nobody for having spent something", () => {
  const budgets = new Budgets(new FakeClock(), RATE);
  said(budgets.lend("alice"), BURST);
  assertEquals(budgets.takeSpent(), []);
});

Deno.test("a rate of 0 is no limit on any node", () => {
  const budgets = new Budgets(new FakeClock(), 0);
  assertEquals(said(budgets.lend("alice"), 1_000), 1_000);
  assertEquals(budgets.takeSpent(), []);
});
