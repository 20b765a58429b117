import { type Check, checks, NUMBERED, OWNERLESS } from "./checks.ts";
import type { Database } from "./database.ts";
import type { SearchIndex } from "./search_index.ts";
import type { Finding } from "./store.ts";

const AUTHORS = `SELECT room, sender, seq FROM messages
  WHERE id <= (SELECT value FROM marks WHERE name = 'authored')`;

const CHECKS: readonly Check[] = [
  ...checks({
    greatest: "max",
    mendOrdinals: `UPDATE messages SET ordinal = f.n FROM (${NUMBERED}) AS f
      WHERE f.id = messages.id AND f.ordinal <> f.n`,
    mendOwners: `UPDATE people SET role = 3 WHERE role > 0
      AND room IN (SELECT id FROM rooms WHERE ${OWNERLESS})
      AND user = (SELECT q.user FROM people AS q WHERE q.room = people.room AND q.role > 0
                  ORDER BY q.role DESC, q.member_since, q.user LIMIT 1)`,
  }),
  {
    what: "messages missing among their sender's own, or there by mistake",
    find: `SELECT NULL AS room, count(*) AS n FROM (
      SELECT * FROM (${AUTHORS} EXCEPT SELECT room, sender, seq FROM authors)
      UNION ALL SELECT * FROM (SELECT room, sender, seq FROM authors EXCEPT ${AUTHORS}))`,
    repair: ["DELETE FROM authors", `INSERT INTO authors (room, sender, seq) ${AUTHORS}`],
  },
];

/** Reads the whole store: takes as long as that takes. Writers wait only while it repairs. */
export function checkStore(db: Database, index: SearchIndex, repair: boolean): Finding[] {
  const findings = () => [
    ...checkPages(db),
    ...CHECKS.flatMap((check) => run(db, check, repair)),
    ...checkIndex(index, repair),
  ];
  return repair ? db.write(findings) : db.read(findings);
}

function checkIndex(index: SearchIndex, repair: boolean): Finding[] {
  const drift = index.drift();
  if (drift === 0) return [];
  if (repair) index.clear();
  const what = "messages that the search index lacks or should not have";
  return [{ what: `${what} (${drift})`, repaired: repair }];
}

function run(db: Database, { what, find, repair: steps }: Check, repair: boolean): Finding[] {
  const named =
    `SELECT f.n, r.name AS room FROM (${find}) AS f LEFT JOIN rooms AS r ON r.id = f.room`;
  const rows = db.once<{ n: number; room: string | null }>(named).all().filter(({ n }) => n > 0);
  const repaired = repair && steps !== undefined;
  if (repaired && rows.length > 0) { for (const step of steps) db.once(step).run(); }
  return rows.map(({ n, room }) => ({
    ...(room !== null && { room }),
    what: n === 1 ? what : `${what} (${n})`,
    repaired,
  }));
}

function checkPages(db: Database): Finding[] {
  return db.once<{ quick_check: string }>("PRAGMA quick_check(100)").all()
    .filter((row) => row.quick_check !== "ok")
    .map((row) => ({ what: `the file is damaged: ${row.quick_check}`, repaired: false }));
}
