import { assertEquals } from "@std/assert";
import type { WireMessage } from "../../../protocol/events.ts";
import type { Outgoing } from "../../connection/outbox.ts";
import { buildItems, type ItemsOptions } from "./items.ts";

const MINUTE_MS = 60_000;
const NOON = new Date(2026, 4, 5, 12).getTime();

function message(seq: number, from: string, at = NOON + seq, more: Partial<WireMessage> = {}) {
  return { type: "message" as const, room: "lobby", seq, from, content: "x", at, ...more };
}
function pending(key: string, at: number): Outgoing {
  return { key, room: "lobby", content: "x", at, tab: "t" };
}
function build(options: Partial<ItemsOptions> & Pick<ItemsOptions, "rows">): string[] {
  const items = buildItems({
    from: 0,
    to: options.rows.length,
    outgoing: [],
    divider: undefined,
    me: "me",
    ...options,
  });
  return items.map((item) => "isHead" in item && item.isHead ? `${item.key}*` : item.key);
}

Deno.test("messages of one sender within five minutes stand under one name", () => {
  const rows = [
    message(1, "bob"),
    message(2, "bob"),
    message(3, "amy"),
    message(4, "bob"),
    message(5, "bob", NOON + 6 * MINUTE_MS),
  ];
  assertEquals(build({ rows }), ["day 1", "1*", "2", "3*", "4*", "5*"]);
});

Deno.test("an answer begins a group of its own", () => {
  assertEquals(build({ rows: [message(1, "bob"), message(2, "bob", NOON, { reply: 1 })] }), [
    "day 1",
    "1*",
    "2*",
  ]);
});

Deno.test("each day has its line", () => {
  const rows = [message(1, "bob"), message(2, "bob", NOON + 24 * 60 * MINUTE_MS)];
  assertEquals(build({ rows }), ["day 1", "1*", "day 2", "2*"]);
});

Deno.test("what stands before the window counts for its first row", () => {
  const rows = [message(1, "bob"), message(2, "bob")];
  assertEquals(build({ rows, from: 1 }), ["2"]);
});

Deno.test("the unread divider stands before the first unread message of somebody else", () => {
  const rows = [
    message(1, "bob"),
    message(2, "me"),
    message(3, "bob", NOON + 3, { deleted: 1 }),
    message(4, "bob"),
  ];
  assertEquals(build({ rows, divider: 1 }), ["day 1", "1*", "2*", "3*", "divider", "4*"]);
  assertEquals(build({ rows, divider: 4 }), ["day 1", "1*", "2*", "3*", "4"]);
  assertEquals(
    build({ rows, divider: 1, from: 3 }),
    ["divider", "4*"].slice(1).map((k) => k.replace("*", "")),
  );
});

Deno.test("my message keeps its key when it turns from pending to sent", () => {
  const rows = [message(1, "me", NOON, { key: "k" }), message(2, "bob", NOON + 1, { key: "k" })];
  assertEquals(build({ rows }), ["day 1", "mine k*", "2*"]);
  assertEquals(build({ rows: [], outgoing: [pending("k", NOON), pending("l", NOON)] }), [
    "mine k*",
    "mine l",
  ]);
});
