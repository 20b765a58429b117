import { escape } from "mysql2";

/** What a column is given. Numbers are whole and safe; bytes are for BLOB columns. */
export type Value = string | number | null | Uint8Array;

/** Text that is SQL: made by `sql` alone, so that nothing else is ever run. */
export class Sql {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

type Part = Value | Sql | readonly (Value | Sql)[];

/**
 * A statement with its values written in, escaped. A list becomes `a, b, c`; SQL in it stays SQL.
 * Statements go to the server as text: only so a whole transaction's writes are one round trip.
 * Escaping relies on utf8mb4 and on `sql_mode` without NO_BACKSLASH_ESCAPES, which every
 * connection sets (connection.ts).
 */
export function sql(strings: TemplateStringsArray, ...parts: readonly Part[]): Sql {
  let text = strings[0] ?? "";
  parts.forEach((part, i) => {
    text += (isList(part) ? part.map(write).join(", ") : write(part)) + strings[i + 1];
  });
  return new Sql(text);
}

/** A statement that was written by hand, or by another module, without values. */
export function raw(text: string): Sql {
  return new Sql(text);
}

/** For the rows of an insert: `(a, b), (c, d)`. */
export function tuples(rows: readonly (readonly (Value | Sql)[])[]): Sql {
  return new Sql(rows.map((row) => `(${row.map(write).join(", ")})`).join(", "));
}

export function joined(parts: readonly Sql[], separator: string): Sql {
  return new Sql(parts.map((part) => part.text).join(separator));
}

const isList = (part: Part): part is readonly (Value | Sql)[] => Array.isArray(part);

function write(value: Value | Sql): string {
  if (value instanceof Sql) return value.text;
  if (value === null) return "NULL";
  if (typeof value === "string") return escape(value);
  if (typeof value === "number" && Number.isSafeInteger(value)) return String(value);
  if (value instanceof Uint8Array) return `X'${value.toHex()}'`;
  // An object would be written as SQL of its own choice.
  throw new TypeError(`expected a text, a whole number, bytes or null, got ${typeof value}`);
}

/** A statement longer than this is split; the server parses a megabyte for many milliseconds. */
const INSERT_CHARS = 256 * 1024;

/** Inserts of many rows, as few statements as their length allows. */
export function inserts(head: Sql, rows: readonly Sql[], tail = raw("")): Sql[] {
  const statements: Sql[] = [];
  let some: string[] = [];
  let chars = 0;
  const end = () => {
    if (some.length > 0) {
      statements.push(raw(`${head.text} VALUES ${some.join(", ")} ${tail.text}`));
    }
    some = [];
    chars = 0;
  };
  for (const row of rows) {
    if (chars + row.text.length > INSERT_CHARS) end();
    some.push(row.text);
    chars += row.text.length;
  }
  end();
  return statements;
}

/**
 * Of pairs: `(a = 1 AND b IN (2, 3)) OR (a = 2 AND b IN (4))`, which an index over both answers.
 * At least one pair.
 */
export function anyOf(a: Sql, b: Sql, pairs: Pairs): Sql {
  const parts = [...pairs].map(([first, seconds]) =>
    sql`(${a} = ${first} AND ${b} IN (${[...seconds]}))`
  );
  return raw(`(${joined(parts, " OR ").text})`);
}

export type Pairs = ReadonlyMap<number, ReadonlySet<string | number>>;

export function addPair<T>(pairs: Map<number, Set<T>>, first: number, second: T): void {
  const seconds = pairs.get(first);
  if (seconds) seconds.add(second);
  else pairs.set(first, new Set([second]));
}
