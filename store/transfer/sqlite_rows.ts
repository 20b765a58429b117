import type { DatabaseSync, StatementSync } from "node:sqlite";
import { asStoreFailure } from "../failure.ts";
import { type Rows, TransferError } from "./ends.ts";
import { type Cell, keyOf, keyText, type Row, utf8Length } from "./rows.ts";
import type { Table } from "./tables.ts";

/** Reads the tables over a SQLite connection, which it closes in the end. */
export class SqliteRows implements Rows {
  readonly #statements = new Map<string, StatementSync>();

  constructor(protected readonly raw: DatabaseSync, readonly name: string) {}

  count({ name, only }: Table): Promise<number> {
    return attempt(this.name, () => {
      const [row] = this.query(`SELECT count(*) FROM ${name} WHERE ${only ?? "true"}`);
      return Number(row?.[0]);
    });
  }

  page(table: Table, after: Row | undefined, limit: number): Promise<readonly Row[]> {
    return attempt(this.name, () => {
      const beyond = after ? `(${keyList(table)}) > (${marks(after.length)})` : "true";
      const rows = this.query(
        `SELECT ${columnList(table)}, ${textBytes(table)} FROM ${table.name}
         WHERE ${beyond} AND ${table.only ?? "true"} ORDER BY ${keyList(table)} LIMIT ${limit}`,
        after,
      );
      for (const row of rows) this.#requireWhole(table, row, row.pop());
      return rows;
    });
  }

  last(table: Table): Promise<Row | undefined> {
    return attempt(this.name, () => {
      const keys = keyNames(table);
      const [row] = this.query(
        `SELECT ${keys.join(", ")} FROM ${table.name} WHERE ${table.only ?? "true"}
         ORDER BY ${keys.map((name) => `${name} DESC`).join(", ")} LIMIT 1`,
      );
      return row;
    });
  }

  close(): Promise<void> {
    return attempt(this.name, () => this.raw.close());
  }

  protected query(sql: string, values: Row = []): Cell[][] {
    return this.prepare(sql).all(...values) as unknown as Cell[][];
  }

  /** Prepared once; integers come exact, rows as arrays. */
  protected prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.raw.prepare(sql);
      statement.setReadBigInts(true);
      statement.setReturnArrays(true);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** A text with U+0000 comes cut, one that is not UTF-8 comes changed: neither goes unnoticed. */
  #requireWhole(table: Table, row: Row, bytes: Cell | undefined): void {
    let read = 0;
    for (const cell of row) if (typeof cell === "string") read += utf8Length(cell);
    if (BigInt(read) === bytes) return;
    throw new TransferError(
      "unmovable",
      `${this.name}: ${table.name}, ${keyText(table, keyOf(table, row))} has a text that is not ` +
        "UTF-8, or has U+0000 in it",
    );
  }
}

/** SQLite is called synchronously; what it throws gets its name. */
export function attempt<T>(what: string, work: () => T): Promise<T> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    const named = error instanceof TransferError ? error : asStoreFailure(error, what);
    return Promise.reject(named);
  }
}

/** Backquotes are MySQL's; SQLite takes them, too, so that the names need only one. */
const quoted = (name: string) => `\`${name}\``;
export const keyNames = ({ key, columns }: Table) =>
  key.map((at) => quoted(columns[at]?.name ?? ""));
const keyList = (table: Table) => keyNames(table).join(", ");
export const columnList = ({ columns }: Table) =>
  columns.map(({ name }) => quoted(name)).join(", ");
export const marks = (count: number) => Array(count).fill("?").join(", ");

function textBytes({ columns }: Table): string {
  const texts = columns.filter(({ kind }) => kind === "text").map(({ name }) => quoted(name));
  // Only texts, whatever the column is meant for: SQLite keeps what it was given.
  return texts.map((name) => `iif(typeof(${name}) = 'text', octet_length(${name}), 0)`)
    .join(" + ") || "0";
}
