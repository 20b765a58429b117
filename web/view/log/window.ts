import type { Row } from "../../model/log.ts";

/** Most rows in the page. */
export const WINDOW_MAX = 300;
/** Rows shown after going to the end. */
export const WINDOW_START = 80;
/** Rows added at one edge at a time. */
export const WINDOW_STEP = 100;

/**
 * Which of the rows that are here are in the page: at most WINDOW_MAX, without holes. Held by seq,
 * so that rows coming and going at either end do not move it. Either it follows the end, or its
 * end is frozen and what arrives is only counted.
 */
export class LogWindow {
  #first = 0;
  /** Undefined: follows the end. */
  #last: number | undefined;

  get isFollowing(): boolean {
    return this.#last === undefined;
  }

  /** From which index to before which the rows are shown. */
  range(rows: readonly Row[]): { readonly from: number; readonly to: number } {
    const to = this.#last === undefined ? rows.length : lowerBound(rows, this.#last + 1);
    let from = Math.min(lowerBound(rows, this.#first), to);
    if (to - from > WINDOW_MAX) {
      from = to - (this.#last === undefined ? WINDOW_START : WINDOW_MAX);
      this.#first = rows[from]!.seq;
    }
    return { from, to };
  }

  /** Shows the newest rows, and every new one. */
  follow(rows: readonly Row[]): void {
    this.#last = undefined;
    this.#first = rows[Math.max(0, rows.length - WINDOW_START)]?.seq ?? 0;
  }

  /** Goes on following from what is shown now. */
  resume(): void {
    this.#last = undefined;
  }

  /** New rows are no longer shown. */
  freeze(rows: readonly Row[]): void {
    this.#last ??= rows.at(-1)?.seq ?? 0;
  }

  /** Shows the surroundings of a row. */
  around(rows: readonly Row[], seq: number): void {
    const at = lowerBound(rows, seq);
    this.#first = rows[Math.max(0, at - WINDOW_STEP)]?.seq ?? 0;
    this.#last = rows[Math.min(rows.length - 1, at + WINDOW_STEP)]?.seq ?? 0;
  }

  /** Moves towards older rows; false when there are none here. */
  older(rows: readonly Row[]): boolean {
    const { from, to } = this.range(rows);
    if (from === 0) return false;
    const first = Math.max(0, from - WINDOW_STEP);
    this.#first = rows[first]!.seq;
    if (to - first > WINDOW_MAX) this.#last = rows[first + WINDOW_MAX - 1]!.seq;
    return true;
  }

  /** Moves towards newer rows; false when there are none here. */
  newer(rows: readonly Row[]): boolean {
    const { from, to } = this.range(rows);
    if (to >= rows.length) return false;
    const end = Math.min(rows.length, to + WINDOW_STEP);
    this.#last = rows[end - 1]!.seq;
    if (end - from > WINDOW_MAX) this.#first = rows[end - WINDOW_MAX]!.seq;
    return true;
  }
}

/** The index of the first row whose seq is at least `seq`. */
function lowerBound(rows: readonly Row[], seq: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle]!.seq < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
