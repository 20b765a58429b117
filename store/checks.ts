/**
 * What must hold between the tables. `find` answers one row per room (or one for the whole store)
 * with the number of offenders in `n`; `repair` puts right what can be derived again. What was
 * lost (a hole in a log) is only reported.
 */
export interface Check {
  readonly what: string;
  readonly find: string;
  readonly repair?: readonly string[];
}

/** In what the databases differ. */
export interface Dialect {
  /** What the greater of two numbers is called; of several rows it is `max` everywhere. */
  readonly greatest: "max" | "greatest";
  /** Makes the ordinals those of `NUMBERED`. */
  readonly mendOrdinals: string;
  /** Gives the groups that are `OWNERLESS` to their first members. */
  readonly mendOwners: string;
}

const LOG = "(SELECT room, seq FROM messages UNION ALL SELECT room, seq FROM changes) AS log";
export const NUMBERED =
  `SELECT id, room, seq, ordinal, row_number() OVER (PARTITION BY room ORDER BY seq) AS n
  FROM messages`;
const MESSAGE_COUNT = "(SELECT count(*) FROM messages AS m WHERE m.room = rooms.id)";
const lastSeq = ({ greatest }: Dialect) =>
  `${greatest}(
  (SELECT coalesce(max(seq), 0) FROM messages AS m WHERE m.room = rooms.id),
  (SELECT coalesce(max(seq), 0) FROM changes AS c WHERE c.room = rooms.id))`;
const READ_ORDINAL = `coalesce((SELECT m.ordinal FROM messages AS m
  WHERE m.room = people.room AND m.seq <= people.\`read\` ORDER BY m.seq DESC LIMIT 1), 0)`;
const ROOM_SEQ = "coalesce((SELECT seq FROM rooms WHERE id = people.room), 0)";
const ALIVE = `EXISTS (SELECT 1 FROM messages AS m
  WHERE m.room = reactions.room AND m.seq = reactions.target AND m.deleted_at IS NULL)`;
export const OWNERLESS = `kind = 'group' AND dissolved_at IS NULL
  AND EXISTS (SELECT 1 FROM people AS p WHERE p.room = rooms.id AND p.role > 0)
  AND NOT EXISTS (SELECT 1 FROM people AS p WHERE p.room = rooms.id AND p.role = 3)`;

/** For every store that keeps its tables as SQLite's schema says. */
export const checks = (dialect: Dialect): readonly Check[] => [
  {
    what: "the last number of the log is not the room's",
    find: `SELECT id AS room, 1 AS n FROM rooms WHERE seq <> ${lastSeq(dialect)}`,
    repair: [`UPDATE rooms SET seq = ${lastSeq(dialect)}`],
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
    find: `SELECT id AS room, abs(messages - ${MESSAGE_COUNT}) AS n FROM rooms
      WHERE messages <> ${MESSAGE_COUNT}`,
    repair: [`UPDATE rooms SET messages = ${MESSAGE_COUNT}`],
  },
  {
    what: "messages with a wrong ordinal",
    find: `SELECT room, count(*) AS n FROM (${NUMBERED}) AS f WHERE ordinal <> f.n GROUP BY room`,
    repair: [dialect.mendOrdinals],
  },
  {
    what: "read marks beyond the log",
    find: `SELECT room, count(*) AS n FROM people WHERE \`read\` > ${ROOM_SEQ} GROUP BY room`,
    repair: [`UPDATE people SET \`read\` = ${ROOM_SEQ} WHERE \`read\` > ${ROOM_SEQ}`],
  },
  {
    what: "read marks with a wrong ordinal",
    find: `SELECT room, count(*) AS n FROM people WHERE read_ordinal <> ${READ_ORDINAL}
      GROUP BY room`,
    repair: [`UPDATE people SET read_ordinal = ${READ_ORDINAL}`],
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
    repair: [dialect.mendOwners],
  },
  {
    what: "more than one owner",
    find: `SELECT room, count(*) AS n FROM people WHERE role = 3 GROUP BY room HAVING n > 1`,
  },
];
