import type { Credentials, Ended, UserId } from "../store.ts";
import type { Database } from "./database.ts";
import { sql } from "./sql.ts";

/** Names and numbers in one question. */
const ASKED_MAX = 2_000;

interface SessionRecord {
  readonly id: string;
  readonly user: UserId;
  readonly expiresAt: number;
}

/** Which of many connections must end, and why: three questions for each thousand or two. */
export async function endedOf(
  db: Database,
  connections: readonly Credentials[],
  at: number,
): Promise<Map<number, Ended>> {
  const guests = connections.filter(({ session }) => session === undefined);
  const sessions = await inParts(
    connections.map(({ session }) => session),
    (ids) =>
      db.rows<SessionRecord>(
        sql`SELECT s.id, u.id AS user, s.expires_at AS expiresAt
          FROM sessions AS s JOIN users AS u ON u.no = s.user WHERE s.id IN (${ids})`,
      ),
  );
  const users = await inParts(
    guests.map(({ user }) => user),
    (ids) =>
      db.rows<{ id: UserId; guest: number }>(
        sql`SELECT id, guest FROM users WHERE id IN (${ids})`,
      ),
  );
  const holders = await inParts(
    guests.map(({ canonical }) => canonical),
    (names) =>
      db.rows<{ id: UserId; canonical: string }>(
        sql`SELECT id, canonical FROM users WHERE canonical IN (${names})`,
      ),
  );
  const sessionById = new Map(sessions.map((session) => [session.id, session]));
  const isGuest = new Map(users.map(({ id, guest }) => [id, guest === 1]));
  const holderOf = new Map(holders.map(({ id, canonical }) => [canonical, id]));
  const why = ({ user, session, canonical }: Credentials): Ended | undefined => {
    if (session !== undefined) {
      const found = sessionById.get(session);
      return found?.user === user && found.expiresAt > at ? undefined : "session";
    }
    // A guest that has said nothing has no row.
    if (isGuest.get(user) === false) return "session";
    const holder = canonical === undefined ? undefined : holderOf.get(canonical);
    return holder !== undefined && holder !== user ? "name" : undefined;
  };
  const ended = new Map<number, Ended>();
  connections.forEach((connection, place) => {
    const reason = why(connection);
    if (reason) ended.set(place, reason);
  });
  return ended;
}

async function inParts<R>(
  keys: readonly (string | undefined)[],
  ask: (some: readonly string[]) => Promise<R[]>,
): Promise<R[]> {
  const wanted = [...new Set(keys)].filter((key) => key !== undefined);
  const rows: R[] = [];
  for (let at = 0; at < wanted.length; at += ASKED_MAX) {
    for (const row of await ask(wanted.slice(at, at + ASKED_MAX))) rows.push(row);
  }
  return rows;
}
