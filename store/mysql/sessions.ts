import { Refusal } from "../../protocol/errors.ts";
import type { Session, UserId } from "../store.ts";
import type { Database } from "./database.ts";
import { sql } from "./sql.ts";
import type { Transaction } from "./transaction.ts";

/** What tokens name, so that a token can be ended. */
export class Sessions {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  create(session: Session): Promise<void> {
    return this.#db.write((transaction) => keepSession(transaction, session));
  }

  async get(id: string): Promise<Session | undefined> {
    const [session] = await this.#db.rows<Session>(
      sql`SELECT s.id, u.id AS user, s.created_at AS createdAt, s.expires_at AS expiresAt
        FROM sessions AS s JOIN users AS u ON u.no = s.user WHERE s.id = ${id}`,
    );
    return session && { ...session };
  }

  async end(id: string): Promise<void> {
    await this.#db.run(sql`DELETE FROM sessions WHERE id = ${id}`);
  }

  endAll(user: UserId, except = ""): Promise<number> {
    return this.#db.write(async (transaction) => {
      const { affectedRows } = await transaction.run(
        sql`DELETE FROM sessions
          WHERE user = (SELECT no FROM users WHERE id = ${user}) AND id <> ${except}`,
      );
      return affectedRows;
    });
  }
}

/** Also sweeps away what has expired, so that the table holds what may still be used. */
export async function keepSession(
  transaction: Transaction,
  { id, user, createdAt, expiresAt }: Session,
): Promise<void> {
  await transaction.run(sql`DELETE FROM sessions WHERE expires_at < ${createdAt}`);
  const { affectedRows } = await transaction.run(
    sql`INSERT INTO sessions (id, user, created_at, expires_at)
      SELECT ${id}, no, ${createdAt}, ${expiresAt} FROM users WHERE id = ${user}`,
  );
  if (affectedRows === 0) throw new Refusal("no_such_user", "a session needs a user with a row");
}
