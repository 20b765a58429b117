import type { Connection } from "../mysql/connection.ts";
import { asMysqlFailure } from "../mysql/failure.ts";
import { joined, raw, type Sql, sql, type Value } from "../mysql/sql.ts";
import { type Rows, TransferError } from "./ends.ts";
import { type Cell, type Row } from "./rows.ts";
import type { Column, Table } from "./tables.ts";

/** A page takes milliseconds; counting a table of a hundred million rows, minutes. */
export const STATEMENT_TIMEOUT_MS = 3_600_000;

/** Reads the tables over a connection to MySQL or MariaDB, which it closes in the end. */
export class MysqlRows implements Rows {
  constructor(protected readonly connection: Connection, readonly name: string) {}

  count(table: Table): Promise<number> {
    return attempt(this.name, async () => {
      const [row] = await this.ask<{ n: number }>(
        sql`SELECT COUNT(*) AS n FROM ${raw(table.name)} WHERE ${only(table)}`,
      );
      return row?.n ?? 0;
    });
  }

  page(table: Table, after: Row | undefined, limit: number): Promise<readonly Row[]> {
    const { columns } = table;
    return attempt(this.name, async () => {
      const rows = await this.ask<Record<string, unknown>>(
        sql`SELECT ${columns.map(named)} FROM ${raw(table.name)}
          WHERE ${after ? beyond(table, after) : raw("TRUE")} AND ${only(table)}
          ORDER BY ${keyColumns(table).map(named)} LIMIT ${limit}`,
      );
      return rows.map((row) => columns.map((column) => cellOf(column, row[column.name])));
    });
  }

  last(table: Table): Promise<Row | undefined> {
    const columns = keyColumns(table);
    return attempt(this.name, async () => {
      const [row] = await this.ask<Record<string, unknown>>(
        sql`SELECT ${columns.map(named)} FROM ${raw(table.name)} WHERE ${only(table)}
          ORDER BY ${columns.map((column) => sql`${named(column)} DESC`)} LIMIT 1`,
      );
      return row && columns.map((column) => cellOf(column, row[column.name]));
    });
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  protected ask<R>(statement: Sql): Promise<R[]> {
    return this.connection.rows<R>(statement, STATEMENT_TIMEOUT_MS);
  }
}

/** What the server and the client say gets its name. */
export async function attempt<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof TransferError ? error : asMysqlFailure(error, what);
  }
}

export const named = ({ name }: Column) => raw(`\`${name}\``);

export function keyColumns({ key, columns }: Table): Column[] {
  return key.flatMap((at) => columns[at] ?? []);
}

/** As it is written in a statement. */
export function valueOf(cell: Cell): Value | Sql {
  return typeof cell === "bigint" ? raw(String(cell)) : cell;
}

const only = (table: Table) => raw(table.only ?? "TRUE");

/**
 * Rows with a greater key, column by column: `(a, b) > (1, 2)` would be as right, but read the
 * whole table.
 */
function beyond(table: Table, after: Row): Sql {
  const columns = keyColumns(table);
  const ways = columns.map((column, at) =>
    joined([
      ...columns.slice(0, at).map((equal, i) =>
        sql`${named(equal)} = ${valueOf(after[i] ?? null)}`
      ),
      sql`${named(column)} > ${valueOf(after[at] ?? null)}`,
    ], " AND ")
  );
  return sql`(${joined(ways, " OR ")})`;
}

/** Integers that no number can hold come as text (connection.ts). */
function cellOf({ kind }: Column, value: unknown): Cell {
  if (value === null) return null;
  if (kind === "text" && typeof value === "string") return value;
  if (kind === "integer" && (typeof value === "number" || typeof value === "string")) {
    return BigInt(value);
  }
  throw new TypeError(`expected ${kind === "text" ? "a text" : "an integer"}, got ${typeof value}`);
}
