import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Target } from "./ends.ts";
import { dump, makeLivedIn } from "./fake_store.ts";
import { failure, move, over, test } from "./fake_transfer.ts";
import type { Row } from "./rows.ts";

/** What happens to the rows of a table on their way, and how that is named. */
const SPOILT: readonly (readonly [
  what: string,
  table: string,
  spoil: (rows: readonly Row[]) => readonly Row[],
  named: string,
])[] = [
  [
    "a changed text",
    "messages",
    (rows) => rows.map((row) => row[0] === 5n ? row.with(6, `${row[6]} `) : row),
    "messages, id 5: content differs",
  ],
  [
    "a rounded integer",
    "users",
    (rows) => rows.map((row) => row[0] === 2n ? row.with(8, 9007199254740992n) : row),
    "users, no 2: seen_at differs",
  ],
  [
    "a text instead of nothing",
    "rooms",
    (rows) => rows.map((row) => row[0] === 1n ? row.with(4, "") : row),
    "rooms, id 1: title differs",
  ],
  [
    "a lost row",
    "reactions",
    (rows) => rows.filter((row) => row[2] !== "😀"),
    'reactions, room 1, target 1, emoji "😀", user 2: missing in the target',
  ],
  [
    "a row too many",
    "sessions",
    (rows) => [...rows, ["zzz", 1n, 1n, 1n]],
    'sessions, id "zzz": only in the target',
  ],
];

for (const [what, spoilt, spoil, named] of SPOILT) {
  test(`${what} is found and named, and the next run puts it right`, async (from, to) => {
    await makeLivedIn(from);
    const spoiling = (target: Target) =>
      over(target, {
        add: (table, rows) => target.add(table, table.name === spoilt ? spoil(rows) : rows),
      });
    const error = await failure(() => move(from, to, spoiling));
    assertEquals([error.failure, error.details], ["differs", [named]]);
    assertStringIncludes(error.message, "1 row differs");
    await move(from, to);
    assertEquals(dump(to), dump(from));
  });
}

test("of a thousand differences some are named and all are counted", async (from, to) => {
  await makeLivedIn(from, 1_200);
  const spoiling = (target: Target) =>
    over(target, {
      add: (table, rows) => target.add(table, table.name === "messages" ? [] : rows),
    });
  const error = await failure(() => move(from, to, spoiling));
  assertStringIncludes(error.message, "1202 rows differ");
  assertEquals(error.details.length, 21);
  assertEquals(error.details.at(-1), "and 1182 more");
});
