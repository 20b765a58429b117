import { assertEquals, assertThrows } from "@std/assert";
import { Refusal } from "../protocol/errors.ts";
import { TICKET_LIFE_MS, Tickets, TICKETS_MAX } from "./tickets.ts";
import type { Claims } from "./tokens.ts";

const CLAIMS: Claims = { user: { id: "0123456789abcdef", name: "a", guest: true } };

Deno.test("a ticket is good once, for 30 seconds", () => {
  let nowMs = 0;
  const tickets = new Tickets(() => nowMs);
  const used = tickets.issue(CLAIMS);
  assertEquals(tickets.redeem(used), CLAIMS);
  assertThrows(() => tickets.redeem(used), Refusal, "used already");
  const late = tickets.issue(CLAIMS);
  nowMs = TICKET_LIFE_MS - 1;
  const inTime = tickets.issue(CLAIMS);
  nowMs = TICKET_LIFE_MS;
  assertThrows(() => tickets.redeem(late), Refusal);
  assertEquals(tickets.redeem(inTime), CLAIMS);
  for (const nonsense of ["", "__proto__", "a".repeat(10_000)]) {
    assertEquals(assertThrows(() => tickets.redeem(nonsense), Refusal).code, "unauthorized");
  }
});

Deno.test("too many unused tickets are refused as busy until some have expired", () => {
  let nowMs = 0;
  const tickets = new Tickets(() => nowMs);
  for (let n = 0; n < TICKETS_MAX; n++) tickets.issue(CLAIMS);
  assertEquals(assertThrows(() => tickets.issue(CLAIMS), Refusal).code, "busy");
  nowMs = TICKET_LIFE_MS;
  assertEquals(tickets.redeem(tickets.issue(CLAIMS)), CLAIMS);
});
