import type { Rows } from "./ends.ts";
import { keyOf, type Row } from "./rows.ts";
import type { Table } from "./tables.ts";

/** Rows in memory at once, a few times over: of the longest messages that is 64 MB a time. */
const PAGE_ROWS = 1_000;

/** All rows beyond the key `after`. The next page is read while one is worked on. */
export async function* pages(
  rows: Rows,
  table: Table,
  after: Row | undefined,
): AsyncGenerator<readonly Row[], void> {
  let next = rows.page(table, after, PAGE_ROWS);
  for (;;) {
    const page = await next;
    const last = page.at(-1);
    if (!last) return;
    const more = page.length === PAGE_ROWS;
    if (more) {
      next = rows.page(table, keyOf(table, last), PAGE_ROWS);
      // Who stops in the middle does not wait for it.
      next.catch(() => {});
    }
    yield page;
    if (!more) return;
  }
}
