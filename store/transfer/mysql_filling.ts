import type { Connection, MysqlAddress } from "../mysql/connection.ts";
import { Database } from "../mysql/database.ts";
import { SearchIndex } from "../mysql/search_index.ts";
import { joined, raw, type Sql, sql, tuples } from "../mysql/sql.ts";
import { Transaction } from "../mysql/transaction.ts";
import { UNFINISHED } from "../unfinished.ts";
import { type Target, TransferError } from "./ends.ts";
import {
  attempt,
  keyColumns,
  MysqlRows,
  named,
  STATEMENT_TIMEOUT_MS,
  valueOf,
} from "./mysql_rows.ts";
import { keyOf, keyText, oddColumn, type Row } from "./rows.ts";
import type { Table } from "./tables.ts";

/** One insert. A longer one is faster, up to about here. */
const INSERT_CHARS = 256 * 1024;
/** Messages that are indexed in one step. */
const INDEX_STEP = 1_000;
/** The least that a `Database` takes. */
const CONNECTIONS = 3;

/** A database that is being filled; its connection holds the lock. */
export class MysqlFilling extends MysqlRows implements Target {
  readonly #database: Database;
  readonly #index: SearchIndex;
  #isQueued = false;

  constructor(connection: Connection, name: string, address: MysqlAddress) {
    super(connection, name);
    this.#database = new Database(address, CONNECTIONS);
    this.#index = new SearchIndex(this.#database);
  }

  add(table: Table, rows: readonly Row[]): Promise<void> {
    return attempt(`${this.name}, ${table.name}`, () => this.#transact(this.#inserts(table, rows)));
  }

  #inserts(table: Table, rows: readonly Row[]): Sql[] {
    const into = sql`INSERT INTO ${raw(table.name)} (${table.columns.map(named)}) VALUES`;
    const statements: Sql[] = [];
    let values: Sql[] = [];
    let chars = 0;
    for (const row of rows) {
      this.#requireKinds(table, row);
      const tuple = tuples([row.map(valueOf)]);
      values.push(tuple);
      chars += tuple.text.length;
      if (chars < INSERT_CHARS) continue;
      statements.push(sql`${into} ${joined(values, ", ")}`);
      values = [];
      chars = 0;
    }
    if (values.length > 0) statements.push(sql`${into} ${joined(values, ", ")}`);
    return statements;
  }

  /** A server would refuse it, too, but by its place in the statement. */
  #requireKinds(table: Table, row: Row): void {
    const column = oddColumn(table, row);
    if (!column) return;
    throw new TransferError(
      "unmovable",
      `${table.name}, ${keyText(table, keyOf(table, row))}: ${column.name} is no ${column.kind}`,
    );
  }

  remove(table: Table, keys: readonly Row[]): Promise<void> {
    const columns = keyColumns(table);
    return this.#write(keys.map((key) => {
      const equal = columns.map((column, i) => sql`${named(column)} = ${valueOf(key[i] ?? null)}`);
      return sql`DELETE FROM ${raw(table.name)} WHERE ${joined(equal, " AND ")}`;
    }));
  }

  index(): Promise<number> {
    return attempt(this.name, async () => {
      if (!this.#isQueued) await this.#queue();
      if (!await this.#index.advance(INDEX_STEP)) return 0;
      const [left] = await this.ask<{ n: string | number | null }>(
        sql`SELECT SUM(last_seq - first_seq + 1) AS n FROM search_queue`,
      );
      return Number(left?.n ?? 0);
    });
  }

  forgetIndex(): Promise<void> {
    this.#isQueued = false;
    return this.#write([sql`DELETE FROM search_queue`, sql`DELETE FROM search_grams`]);
  }

  finish(): Promise<void> {
    return attempt(this.name, async () => {
      await this.connection.run(sql`DROP TABLE ${raw(UNFINISHED)}`, STATEMENT_TIMEOUT_MS);
    });
  }

  override async close(): Promise<void> {
    await this.#database.close();
    await super.close();
  }

  /** All that there is has to be indexed, unless an earlier run has begun that. */
  async #queue(): Promise<void> {
    const begun = await this.ask(
      sql`(SELECT 1 FROM search_queue LIMIT 1) UNION ALL (SELECT 1 FROM search_grams LIMIT 1)`,
    );
    if (begun.length === 0) {
      await this.#write([
        sql`INSERT INTO search_queue (room, first_seq, last_seq)
          SELECT id, 1, seq FROM rooms WHERE seq > 0`,
      ]);
    }
    this.#isQueued = true;
  }

  #write(statements: readonly Sql[]): Promise<void> {
    return attempt(this.name, () => this.#transact(statements));
  }

  async #transact(statements: readonly Sql[]): Promise<void> {
    const transaction = new Transaction(this.connection, [], () => STATEMENT_TIMEOUT_MS);
    try {
      transaction.later(...statements);
      await transaction.commit();
    } catch (error) {
      await transaction.rollback();
      throw error;
    }
  }
}
