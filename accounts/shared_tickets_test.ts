import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Refusal } from "../protocol/errors.ts";
import { SharedTickets, type TicketBox } from "./shared_tickets.ts";
import { TICKET_LIFE_MS } from "./tickets.ts";
import type { Claims } from "./tokens.ts";

const CLAIMS: Claims = {
  user: { id: "0123456789abcdef", name: "a", guest: false },
  sessionId: "s",
};

/** A box that all nodes have in common, and what was put into it for how long. */
function box() {
  const kept = new Map<string, string>();
  const times: number[] = [];
  const state = { away: false };
  const asked = <T>(answer: () => T) =>
    state.away ? Promise.reject(new Error("away")) : Promise.resolve(answer());
  const shared: TicketBox = {
    put: (key, value, forMs) => asked(() => void (times.push(forMs), kept.set(key, value))),
    takeOut: (key) =>
      asked(() => {
        const value = kept.get(key);
        kept.delete(key);
        return value;
      }),
  };
  return { kept, times, state, shared };
}

async function code(run: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => run, Refusal)).code;
}

Deno.test("a ticket of one node is good on another, once, for as long as any", async () => {
  const { shared, times } = box();
  const [here, there] = [new SharedTickets(shared), new SharedTickets(shared)];
  const ticket = await here.issue(CLAIMS);
  assertMatch(ticket, /^[A-Za-z0-9_-]{43}$/);
  assertEquals(times, [TICKET_LIFE_MS]);
  assertEquals(await there.redeem(ticket), CLAIMS);
  for (const node of [here, there]) assertEquals(await code(node.redeem(ticket)), "unauthorized");
});

Deno.test("what is no ticket is not even looked for", async () => {
  const { shared, state } = box();
  const tickets = new SharedTickets(shared);
  state.away = true;
  for (const nonsense of ["", "__proto__", "a".repeat(10_000), `${"a".repeat(42)}*`]) {
    assertEquals(await code(tickets.redeem(nonsense)), "unauthorized");
  }
});

Deno.test("while tickets cannot be checked there are none, and a used one is not taken for new", async () => {
  const { shared, state } = box();
  const tickets = new SharedTickets(shared);
  const ticket = await tickets.issue(CLAIMS);
  state.away = true;
  assertEquals(await code(tickets.redeem(ticket)), "unavailable");
  assertEquals(await code(tickets.issue(CLAIMS)), "unavailable");
  state.away = false;
  assertEquals(await tickets.redeem(ticket), CLAIMS);
});
