import { connect } from "../../../store/sqlite.ts";
import { MIGRATIONS } from "../../../store/migrate.ts";

/** Two steps as a next version may have: one changes every row, one makes the table anew. */
export const STEPS: readonly string[] = [
  ...MIGRATIONS,
  `ALTER TABLE messages ADD COLUMN chars INTEGER;
   UPDATE messages SET chars = length(content);
   CREATE INDEX messages_chars ON messages (room, chars, content);`,
  `CREATE TABLE messages_next AS SELECT * FROM messages;
   DROP TABLE messages;
   ALTER TABLE messages_next RENAME TO messages;
   CREATE UNIQUE INDEX messages_log ON messages (room, seq);`,
];

if (import.meta.main) {
  const [path = ""] = Deno.args;
  console.log("upgrading");
  connect({ path, durability: "full" }, STEPS).close();
}
