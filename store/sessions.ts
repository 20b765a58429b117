import { Refusal } from "../protocol/errors.ts";
import type { Database } from "./database.ts";
import type { Session, UserId } from "./store.ts";

const OF_USER = "user = (SELECT no FROM users WHERE id = ?)";

/** What tokens name, so that a token can be ended. */
export class Sessions {
  readonly #insert;
  readonly #expired;
  readonly #get;
  readonly #end;
  readonly #endAll;

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

  endAll(user: UserId, except = ""): number {
    return this.#endAll.run(user, except);
  }
}
