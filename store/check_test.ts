import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openSqlite } from "./sqlite.ts";
import type { Store } from "./store.ts";
import { ALICE, BOB, done, group, inFolder, say } from "./suite.ts";

/** What somebody's hand or a fault does to the tables, what is found, and whether it is put right. */
const DAMAGE: readonly (readonly [what: string, sql: string, found: RegExp, repaired: boolean])[] =
  [
    ["a head too low", "UPDATE rooms SET seq = 3", /last number/, true],
    ["a head too high", "UPDATE rooms SET seq = 300", /last number/, true],
    ["a message lost", "DELETE FROM messages WHERE seq = 4", /numbers missing/, false],
    ["a number twice", "UPDATE changes SET seq = 3 WHERE seq = 8", /given twice/, false],
    ["a count wrong", "UPDATE rooms SET messages = 77", /count of messages/, true],
    ["an ordinal wrong", "UPDATE messages SET ordinal = 9 WHERE seq = 5", /wrong ordinal/, true],
    ["a mark too high", "UPDATE people SET read = 999", /beyond the log/, true],
    ["a mark's ordinal wrong", "UPDATE people SET read_ordinal = 4", /marks with a wrong/, true],
    [
      "a reaction to nothing",
      "INSERT INTO reactions VALUES (1, 99, 'x', 1, 9)",
      /reactions to a message/,
      true,
    ],
    ["a text not deleted", "UPDATE messages SET content = 'x' WHERE seq = 6", /still have/, true],
    ["no owner", "UPDATE people SET role = 1", /without an owner/, true],
    ["two owners", "UPDATE people SET role = 3", /more than one owner/, false],
    ["a room lost", "DELETE FROM rooms", /room that is not there/, false],
    ["an index row lost", "DELETE FROM search_0 WHERE rowid = 1", /search index/, true],
    [
      "an index row too many",
      "INSERT INTO search_0 (rowid, content) VALUES (99, 'abc')",
      /search/,
      true,
    ],
  ];

async function filled(store: Store): Promise<void> {
  const team = await group(store, ALICE, BOB);
  for (const by of [ALICE, BOB, ALICE, BOB]) await say(store, team, by, "hello");
  await done(store, team, BOB, { type: "react", target: 3, emoji: "x", on: true });
  await done(store, team, BOB, { type: "delete", target: 6 });
  await store.markRead(team.id, BOB, 5);
  await store.index(100);
}

for (const [what, sql, found, repairable] of DAMAGE) {
  Deno.test(`check finds ${what}${repairable ? " and puts it right" : ""}`, () =>
    inFolder(async (folder) => {
      const path = join(folder, "chat.db");
      const store = await openSqlite({ path, durability: "normal", searchBudgetMs: 60_000 });
      try {
        await filled(store);
        assertEquals(await store.check(false), []);
        const raw = new DatabaseSync(path);
        raw.exec(sql);
        raw.close();
        const findings = await store.check(false);
        const finding = findings.find((one) => found.test(one.what));
        assert(finding, `found only ${JSON.stringify(findings)}`);
        assertEquals(finding.repaired, false);
        const repaired = (await store.check(true)).find((one) => found.test(one.what));
        assertEquals(repaired?.repaired, repairable);
        const left = await store.check(false);
        assertEquals(left.some((one) => found.test(one.what)), !repairable);
        if (/search/.test(what + sql)) {
          while (await store.index(100));
          const { rows } = await store.search({ query: "hello", user: BOB.id, limit: 9 });
          assertEquals(rows.length, 3);
        }
      } finally {
        await store.close();
      }
    }));
}
