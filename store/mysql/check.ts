import { type Check, checks, NUMBERED, OWNERLESS } from "../checks.ts";
import { fold } from "../search_text.ts";
import type { Finding } from "../store.ts";
import type { Connection } from "./connection.ts";
import type { Database } from "./database.ts";
import { gramsOf } from "./grams.ts";
import { idOf, placeOf, unpackPlaces, volumeOf } from "./places.ts";
import { raw, type Sql, sql } from "./sql.ts";

/** A question about the whole store. */
const QUESTION_TIMEOUT_MS = 3_600_000;

const CHECKS: readonly Check[] = checks({
  greatest: "greatest",
  mendOrdinals: `UPDATE messages AS m JOIN (${NUMBERED}) AS f ON f.room = m.room AND f.seq = m.seq
    SET m.ordinal = f.n WHERE m.ordinal <> f.n`,
  // DISTINCT makes it a table of its own: what is changed cannot be asked in the same statement.
  mendOwners: `UPDATE people AS p
    JOIN (SELECT DISTINCT id FROM rooms WHERE ${OWNERLESS}) AS o ON o.id = p.room
    JOIN (SELECT room, user, row_number() OVER
            (PARTITION BY room ORDER BY role DESC, member_since, user) AS place
          FROM people WHERE role > 0) AS f ON f.room = p.room AND f.user = p.user AND f.place = 1
    SET p.role = 3`,
});

/** One state of all tables. Nobody indexes meanwhile; for a repair nobody appends, either. */
const SNAPSHOT = raw("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; START TRANSACTION");
const LOCK_INDEX = raw("SELECT value FROM marks WHERE name = 'indexing' FOR UPDATE");
const LOCK_ROOMS = raw("SELECT id FROM rooms ORDER BY id FOR UPDATE");

/** Requeues every message: the index is filled again behind the commits. */
const FORGET_INDEX = raw(
  `DELETE FROM search_grams; DELETE FROM search_queue;
   INSERT INTO search_queue (room, first_seq, last_seq) SELECT id, 1, seq FROM rooms WHERE seq > 0`,
);

/**
 * Reads the whole store: takes as long as that takes. Writers are locked out while it repairs; they
 * fail for that long.
 */
export function checkStore(db: Database, repair: boolean): Promise<Finding[]> {
  return db.alone(async (connection) => {
    await connection.script(SNAPSHOT, QUESTION_TIMEOUT_MS);
    const locks = repair ? [LOCK_INDEX, LOCK_ROOMS] : [LOCK_INDEX];
    for (const lock of locks) await connection.rows(lock, QUESTION_TIMEOUT_MS);
    const findings: Finding[] = [];
    for (const check of CHECKS) findings.push(...await run(connection, check, repair));
    findings.push(...await checkIndex(connection, repair));
    await connection.run(raw("COMMIT"), QUESTION_TIMEOUT_MS);
    return findings;
  });
}

async function run(connection: Connection, check: Check, repair: boolean): Promise<Finding[]> {
  const { what, find, repair: steps } = check;
  const offenders = await connection.rows<{ n: number; room: string | null }>(
    raw(`SELECT f.n, r.name AS room FROM (${find}) AS f LEFT JOIN rooms AS r ON r.id = f.room`),
    QUESTION_TIMEOUT_MS,
  );
  const rows = offenders.filter(({ n }) => n > 0);
  const repaired = repair && steps !== undefined;
  if (repaired && rows.length > 0) {
    for (const step of steps) await connection.run(raw(step), QUESTION_TIMEOUT_MS);
  }
  return rows.map(({ n, room }) => ({
    ...(room !== null && { room }),
    what: n === 1 ? what : `${what} (${n})`,
    repaired,
  }));
}

async function checkIndex(connection: Connection, repair: boolean): Promise<Finding[]> {
  const drift = await driftOf(connection);
  if (drift === 0) return [];
  if (repair) await connection.script(FORGET_INDEX, QUESTION_TIMEOUT_MS);
  const what = "messages that the search index lacks or should not have";
  return [{ what: `${what} (${drift})`, repaired: repair }];
}

/** How many messages are in the index otherwise than their texts say. Queued ones may be. */
async function driftOf(connection: Connection): Promise<number> {
  const ask = <R>(statement: Sql) => connection.rows<R>(statement, QUESTION_TIMEOUT_MS);
  const [newest] = await ask<{ volume: number | null; id: number | null }>(
    sql`SELECT (SELECT MAX(volume) FROM search_grams) AS volume,
      (SELECT MAX(id) FROM messages) AS id`,
  );
  const last = Math.max(newest?.volume ?? -1, volumeOf(newest?.id ?? 0));
  let drift = 0;
  for (let volume = 0; volume <= last; volume++) {
    const messages = await ask<{ id: number; content: string; queued: number }>(
      sql`SELECT m.id, m.content, EXISTS (SELECT 1 FROM search_queue AS q WHERE q.room = m.room
            AND q.first_seq <= m.seq AND q.last_seq >= m.seq) AS queued
        FROM messages AS m WHERE m.id >= ${idOf(volume, 0)} AND m.id < ${idOf(volume + 1, 0)}`,
    );
    const grams = await ask<{ gram: number; places: Uint8Array }>(
      sql`SELECT gram, places FROM search_grams WHERE volume = ${volume}`,
    );
    const found = new Map<number, Set<number>>();
    for (const { gram, places } of grams) {
      for (const place of unpackPlaces(places)) {
        const of = found.get(place);
        if (of) of.add(gram);
        else found.set(place, new Set([gram]));
      }
    }
    for (const { id, content, queued } of messages) {
      const indexed = found.get(placeOf(id)) ?? new Set();
      found.delete(placeOf(id));
      // A deleted one has no text: nothing of it may be there.
      if (!queued && gramsOf(fold(content)).symmetricDifference(indexed).size > 0) drift++;
    }
    drift += found.size;
  }
  return drift;
}
