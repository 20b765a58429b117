import { Refusal } from "../protocol/errors.ts";
import type { Database } from "./database.ts";
import type { Credentials, Ended, Session, UserId } from "./store.ts";

const OF_USER = "user = (SELECT no FROM users WHERE id = ?)";

/** What tokens name, so that a token can be ended. */
export class Sessions {
  readonly #insert;
  readonly #expired;
  readonly #get;
  readonly #end;
  readonly #endAll;
  readonly #ended;

  constructor(db: Database) {
    this.#insert = db.prepare(
      `INSERT INTO sessions (id, user, created_at, expires_at)
       SELECT ?, no, ?, ? FROM users WHERE id = ?`,
    );
    this.#expired = db.prepare("DELETE FROM sessions WHERE expires_at < ?");
    this.#get = db.prepare<Session>(
      `SELECT s.id, u.id AS user, s.created_at AS createdAt, s.expires_at AS expiresAt
       FROM sessions AS s JOIN users AS u ON u.no = s.user WHERE s.id = ?`,
    );
    this.#end = db.prepare("DELETE FROM sessions WHERE id = ?");
    this.#endAll = db.prepare(`DELETE FROM sessions WHERE ${OF_USER} AND id <> ?`);
    // A guest that has said nothing has no row.
    this.#ended = db.prepare<{ place: number; why: Ended }>(
      `SELECT asked.key AS place, CASE
         WHEN asked.value ->> 'session' IS NULL AND (u.no IS NULL OR u.guest = 1) THEN 'name'
         ELSE 'session' END AS why
       FROM json_each(?1) AS asked
       LEFT JOIN users AS u ON u.id = asked.value ->> 'user'
       LEFT JOIN sessions AS s ON s.id = asked.value ->> 'session'
       LEFT JOIN users AS holder ON holder.canonical = asked.value ->> 'canonical'
       WHERE CASE WHEN asked.value ->> 'session' IS NULL
         THEN u.guest = 0 OR holder.id <> asked.value ->> 'user'
         ELSE s.id IS NULL OR s.user <> u.no OR s.expires_at <= ?2 END`,
    );
  }

  /** Also sweeps away what has expired, so that the table holds what may still be used. */
  create({ id, user, createdAt, expiresAt }: Session): void {
    this.#expired.run(createdAt);
    if (this.#insert.run(id, createdAt, expiresAt, user) === 0) {
      throw new Refusal("no_such_user", "a session needs a user with a row");
    }
  }

  get(id: string): Session | undefined {
    const session = this.#get.get(id);
    return session && { ...session };
  }

  end(id: string): void {
    this.#end.run(id);
  }

  ended(connections: readonly Credentials[], at: number): Map<number, Ended> {
    const found = this.#ended.all(JSON.stringify(connections), at);
    return new Map(found.map(({ place, why }) => [place, why]));
  }

  endAll(user: UserId, except = ""): number {
    return this.#endAll.run(user, except);
  }
}
