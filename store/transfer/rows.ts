import type { Column, Table } from "./tables.ts";

/**
 * A value as it is kept: integers exact, whatever their size. Numbers and bytes are in no table
 * of ours; where somebody's hand put them they are moved or refused like everything else.
 */
export type Cell = bigint | string | number | Uint8Array | null;
/** A row's cells in the order of its table's columns, or a key's in the order of its columns. */
export type Row = readonly Cell[];

export function keyOf({ key }: Table, row: Row): Row {
  return key.map((at) => row[at] ?? null);
}

/** Negative when the row `one` comes first. Texts are ordered as their UTF-8 is. */
export function compareKeys({ key }: Table, one: Row, other: Row): number {
  for (const at of key) {
    const [a, b] = [one[at] ?? null, other[at] ?? null];
    if (a === b) continue;
    if (typeof a === "string" && typeof b === "string") return compareTexts(a, b);
    // Keys are integers and texts; what else may be there is ordered somehow, on both sides alike.
    return (a ?? 0) < (b ?? 0) ? -1 : 1;
  }
  return 0;
}

/** The first column in which two rows of one key differ. */
export function differingColumn({ columns }: Table, one: Row, other: Row): Column | undefined {
  return columns.find((_, at) => !isSame(one[at] ?? null, other[at] ?? null));
}

/** The first column that has a cell of another kind: SQLite keeps whatever it was given. */
export function oddColumn({ columns }: Table, row: Row): Column | undefined {
  return columns.find(({ kind }, at) => {
    const cell = row[at] ?? null;
    return cell !== null && typeof cell !== (kind === "text" ? "string" : "bigint");
  });
}

function isSame(a: Cell, b: Cell): boolean {
  if (a === b) return true;
  return a instanceof Uint8Array && b instanceof Uint8Array && a.length === b.length &&
    a.every((byte, at) => byte === b[at]);
}

/** JavaScript orders by UTF-16 units, in which U+1F600 comes before U+FF01; stores do not. */
function compareTexts(one: string, other: string): number {
  const end = Math.min(one.length, other.length);
  for (let at = 0; at < end; at++) {
    const [a, b] = [one.charCodeAt(at), other.charCodeAt(at)];
    if (a !== b) return rank(a) - rank(b);
  }
  return one.length - other.length;
}

/** Surrogates stand for code points beyond all others. */
function rank(unit: number): number {
  return isSurrogate(unit) ? unit + 0x1_0000 : unit;
}

/** Bytes of a text in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) bytes++;
    // Each half of a pair is half of four bytes.
    else bytes += unit < 0x800 || isSurrogate(unit) ? 2 : 3;
  }
  return bytes;
}

const isSurrogate = (unit: number) => unit >= 0xd800 && unit < 0xe000;

/** A key as an error names it: `room 7, emoji "x"`. */
export function keyText({ key, columns }: Table, cells: Row): string {
  return key.map((at, i) => {
    const cell = cells[i];
    return `${columns[at]?.name} ${typeof cell === "string" ? JSON.stringify(cell) : cell}`;
  }).join(", ");
}
