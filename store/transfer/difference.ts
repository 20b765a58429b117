import type { Rows } from "./ends.ts";
import { pages } from "./pages.ts";
import { compareKeys, differingColumn, keyOf, keyText, type Row } from "./rows.ts";
import type { Table } from "./tables.ts";

export type Difference =
  & { readonly key: Row }
  & (
    /** Not in the target. */
    | { readonly kind: "missing"; readonly row: Row }
    /** Only in the target. */
    | { readonly kind: "extra" }
    | { readonly kind: "changed"; readonly column: string }
  );

/** A stretch of both sides. */
export interface Compared {
  readonly alike: number;
  readonly differences: readonly Difference[];
}

/**
 * Reads both sides in the order of their keys and compares every column of every row, as far as
 * there are rows in either or only up to the target's last. Whoever takes the differences may
 * change the target up to there.
 */
export async function* compare(
  { source, target }: { readonly source: Rows; readonly target: Rows },
  table: Table,
  upTo: "the end" | "the target's last" = "the end",
): AsyncGenerator<Compared, void> {
  const left = new Reader(source, table);
  const right = new Reader(target, table);
  for (;;) {
    await left.fill();
    await right.fill();
    if (!right.head && (!left.head || upTo === "the target's last")) break;
    yield stretch(table, left, right);
  }
  await left.stop();
}

/** As far as the pages in memory reach. */
function stretch(table: Table, left: Reader, right: Reader): Compared {
  const differences: Difference[] = [];
  let alike = 0;
  // Without a row after it was filled, a side has ended.
  const one = !left.head || !right.head;
  for (let [l, r] = [left.head, right.head]; one ? l || r : l && r; l = left.head, r = right.head) {
    const order = !l ? 1 : !r ? -1 : compareKeys(table, l, r);
    if (order <= 0) left.skip();
    if (order >= 0) right.skip();
    if (order < 0 && l) differences.push({ kind: "missing", key: keyOf(table, l), row: l });
    if (order > 0 && r) differences.push({ kind: "extra", key: keyOf(table, r) });
    if (order !== 0 || !l || !r) continue;
    const column = differingColumn(table, l, r);
    if (!column) alike++;
    else differences.push({ kind: "changed", key: keyOf(table, l), column: column.name });
  }
  return { alike, differences };
}

/** One line: table, key and column. Never what is kept there. */
export function describe(table: Table, difference: Difference): string {
  const row = `${table.name}, ${keyText(table, difference.key)}`;
  switch (difference.kind) {
    case "missing":
      return `${row}: missing in the target`;
    case "extra":
      return `${row}: only in the target`;
    case "changed":
      return `${row}: ${difference.column} differs`;
  }
}

class Reader {
  readonly #pages: AsyncGenerator<readonly Row[], void>;
  #page: readonly Row[] = [];
  #at = 0;

  constructor(rows: Rows, table: Table) {
    this.#pages = pages(rows, table, undefined);
  }

  get head(): Row | undefined {
    return this.#page[this.#at];
  }

  skip(): void {
    this.#at++;
  }

  /** Reads on when nothing is left of the page. */
  async fill(): Promise<void> {
    if (this.head) return;
    this.#page = (await this.#pages.next()).value ?? [];
    this.#at = 0;
  }

  async stop(): Promise<void> {
    await this.#pages.return();
  }
}
