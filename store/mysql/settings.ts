import type { Database } from "./database.ts";
import { sql } from "./sql.ts";

/** Texts that all nodes agree on: whoever adds one first has decided. */
export class Settings {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async get(name: string): Promise<string | undefined> {
    const [setting] = await this.#db.rows<{ value: string }>(
      sql`SELECT value FROM settings WHERE name = ${name}`,
    );
    return setting?.value;
  }

  /** False, and nothing is changed, when there is one. */
  add(name: string, value: string): Promise<boolean> {
    return this.#db.write(async (transaction) => {
      const { affectedRows } = await transaction.run(
        sql`INSERT IGNORE INTO settings (name, value) VALUES (${name}, ${value})`,
      );
      return affectedRows === 1;
    });
  }
}
