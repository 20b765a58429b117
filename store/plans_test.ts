import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { Database } from "./database.ts";
import { migrate } from "./migrate.ts";
import { SqliteStore } from "./sqlite_store.ts";
import { DEFAULT_STRANGER_LIMIT } from "./store.ts";
import { ALICE, group, say } from "./suite.ts";

/** A whole table or index, a sort of everything, or the whole log of a room. */
const TOO_MUCH =
  /^SCAN (?!CONSTANT ROW)|USE TEMP B-TREE FOR ORDER BY|SEARCH (messages|m|changes|c|reactions|x) .*\(room=\?\)/;

/** Statements that read a whole table or index, and why they may. */
const ALLOWED: readonly RegExp[] = [
  // The named guests, all of them looked at by a sweep that runs now and then.
  /SCAN users USING INDEX users_named_guests/,
  // FTS5 answers by its own index or by the row's number; "0:" alone would be a full scan.
  /SCAN search_\d+ VIRTUAL TABLE INDEX ([1-9]\d*:|0:=)/,
  // A list that came as an argument.
  /SCAN (asked|wanted) VIRTUAL TABLE/,
  // A user's own newest messages, those not noted in `authors` yet.
  /SCAN o(?! )|SCAN recent/,
  // One row per table; read when a volume is met for the first time.
  /SCAN sqlite_schema/,
];

Deno.test("no statement of the store reads a whole table or a room's whole log", async () => {
  const raw = new DatabaseSync(":memory:");
  migrate(raw, ":memory:");
  const db = new Database(raw);
  const store = new SqliteStore(db, "memory", { strangerLimit: DEFAULT_STRANGER_LIMIT });
  try {
    await say(store, await group(store, ALICE), ALICE, "to be indexed");
    await store.index(10);
    const scans: string[] = [];
    for (const sql of db.prepared) {
      for (const row of raw.prepare(`EXPLAIN QUERY PLAN ${sql}`).all()) {
        const detail = String(row.detail);
        if (TOO_MUCH.test(detail) && !ALLOWED.some((allowed) => allowed.test(detail))) {
          scans.push(`${detail}: ${sql}`);
        }
      }
    }
    assertEquals(scans, []);
    assertEquals(db.prepared.size > 60, true, `only ${db.prepared.size} statements were seen`);
  } finally {
    await store.close();
  }
});
