import type { Database } from "./database.ts";
import type { SearchIndex } from "./search_index.ts";
import type { Finding } from "./store.ts";

/**
 * What must hold between the tables. `find` answers one row per room (or one for the whole store)
 * with the number of offenders in `n`; `repair` puts right what can be derived again. What was
 * lost (a hole in a log) is only reported.
 */
interface Check {
  readonly what: string;
  readonly find: string;
  readonly repair?: readonly string[];
}

const LOG = "(SELECT room, seq FROM messages UNION ALL SELECT room, seq FROM changes)";
const NUMBERED = `SELECT id, room, ordinal, row_number() OVER (PARTITION BY room ORDER BY seq) AS n
  FROM messages`;
const MESSAGE_COUNT = "(SELECT count(*) FROM messages AS m WHERE m.room = rooms.id)";
const LAST_SEQ = `max(
  (SELECT coalesce(max(seq), 0) FROM messages AS m WHERE m.room = rooms.id),
  (SELECT coalesce(max(seq), 0) FROM changes AS c WHERE c.room = rooms.id))`;
const READ_ORDINAL = `coalesce((SELECT m.ordinal FROM messages AS m
  WHERE m.room = people.room AND m.seq <= people.read ORDER BY m.seq DESC LIMIT 1), 0)`;
const ROOM_SEQ = "coalesce((SELECT seq FROM rooms WHERE id = people.room), 0)";
const AUTHORS = `SELECT room, sender, seq FROM messages
  WHERE id <= (SELECT value FROM marks WHERE name = 'authored')`;
const ALIVE = `EXISTS (SELECT 1 FROM messages AS m
  WHERE m.room = reactions.room AND m.seq = reactions.target AND m.deleted_at IS NULL)`;
const OWNERLESS = `kind = 'group' AND dissolved_at IS NULL
  AND EXISTS (SELECT 1 FROM people AS p WHERE p.room = rooms.id AND p.role > 0)
  AND NOT EXISTS (SELECT 1 FROM people AS p WHERE p.room = rooms.id AND p.role = 3)`;

const CHECKS: readonly Check[] = [
  {
    what: "the last number of the log is not the room's",
    find: `SELECT id AS room, 1 AS n FROM rooms WHERE seq <> ${LAST_SEQ}`,
    repair: [`UPDATE rooms SET seq = ${LAST_SEQ}`],
  },
  {
    what: "numbers missing in the log",
    find: `SELECT room, max(seq) - count(DISTINCT seq) AS n FROM ${LOG} GROUP BY room HAVING n > 0`,
  },
  {
    what: "numbers given twice in the log",
    find: `SELECT room, count(*) - count(DISTINCT seq) AS n FROM ${LOG} GROUP BY room HAVING n > 0`,
  },
  {
    what: "events of a room that is not there",
    find: `SELECT NULL AS room, count(*) AS n FROM ${LOG} WHERE room NOT IN (SELECT id FROM rooms)`,
  },
  {
    what: "the room's count of messages is wrong",
    find: `SELECT id AS room, abs(messages - ${MESSAGE_COUNT}) AS n FROM rooms WHERE n > 0`,
    repair: [`UPDATE rooms SET messages = ${MESSAGE_COUNT}`],
  },
  {
    what: "messages with a wrong ordinal",
    find: `SELECT room, count(*) AS n FROM (${NUMBERED}) WHERE ordinal <> n GROUP BY room`,
    repair: [
      `UPDATE messages SET ordinal = f.n FROM (${NUMBERED}) AS f
       WHERE f.id = messages.id AND f.ordinal <> f.n`,
    ],
  },
  {
    what: "read marks beyond the log",
    find: `SELECT room, count(*) AS n FROM people WHERE read > ${ROOM_SEQ} GROUP BY room`,
    repair: [`UPDATE people SET read = ${ROOM_SEQ} WHERE read > ${ROOM_SEQ}`],
  },
  {
    what: "read marks with a wrong ordinal",
    find: `SELECT room, count(*) AS n FROM people WHERE read_ordinal <> ${READ_ORDINAL}
      GROUP BY room`,
    repair: [`UPDATE people SET read_ordinal = ${READ_ORDINAL}`],
  },
  {
    what: "messages missing among their sender's own, or there by mistake",
    find: `SELECT NULL AS room, count(*) AS n FROM (
      SELECT * FROM (${AUTHORS} EXCEPT SELECT room, sender, seq FROM authors)
      UNION ALL SELECT * FROM (SELECT room, sender, seq FROM authors EXCEPT ${AUTHORS}))`,
    repair: ["DELETE FROM authors", `INSERT INTO authors (room, sender, seq) ${AUTHORS}`],
  },
  {
    what: "reactions to a message that is not there",
    find: `SELECT room, count(*) AS n FROM reactions WHERE NOT ${ALIVE} GROUP BY room`,
    repair: [`DELETE FROM reactions WHERE NOT ${ALIVE}`],
  },
  {
    what: "deleted messages that still have their text",
    find: `SELECT room, count(*) AS n FROM messages WHERE deleted_at IS NOT NULL AND content <> ''
      GROUP BY room`,
    repair: ["UPDATE messages SET content = '' WHERE deleted_at IS NOT NULL AND content <> ''"],
  },
  {
    what: "a group without an owner",
    find: `SELECT id AS room, 1 AS n FROM rooms WHERE ${OWNERLESS}`,
    repair: [
      `UPDATE people SET role = 3 WHERE role > 0
         AND room IN (SELECT id FROM rooms WHERE ${OWNERLESS})
         AND user = (SELECT q.user FROM people AS q WHERE q.room = people.room AND q.role > 0
                     ORDER BY q.role DESC, q.member_since, q.user LIMIT 1)`,
    ],
  },
  {
    what: "more than one owner",
    find: `SELECT room, count(*) AS n FROM people WHERE role = 3 GROUP BY room HAVING n > 1`,
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
