import type { LogRow } from "../store/store.ts";
import type { Audience } from "./audience.ts";
import type { HubObserver } from "./hub.ts";
import { logEvent } from "./log_events.ts";
import { show, type View } from "./session.ts";

/** Rows that came ahead of their turn are kept up to here; more are read from the store again. */
const AHEAD_MAX = 10_000;

/**
 * Hands a room's log to its audience strictly by seq: the next row at once, an older one never, and
 * after a gap nothing until the missing rows have been read. A turn's rows leave as one frame.
 */
export class Delivery {
  #turn: LogRow[] = [];
  #ahead = new Map<number, LogRow>();
  #filling = false;
  #flushed: number;

  /**
   * @param delivered the last seq that is taken for delivered.
   * @param applied told of each row as it is accepted; may call `flush`.
   * @param fill asked once for the rows between two seqs, exclusive; answers through `filled`.
   */
  constructor(
    readonly audience: Audience,
    public delivered: number,
    readonly applied: (row: LogRow) => void,
    readonly fill: (after: number, before: number) => void,
    readonly observer?: HubObserver,
  ) {
    this.#flushed = delivered;
  }

  /** The last seq that was sent. */
  get flushed(): number {
    return this.#flushed;
  }

  accept(row: LogRow): void {
    if (row.seq <= this.delivered) return;
    if (row.seq > this.delivered + 1) {
      if (this.#ahead.size < AHEAD_MAX) this.#ahead.set(row.seq, row);
      this.#fillGap(row.seq);
      return;
    }
    this.#take(row);
    this.#takeAhead();
  }

  /** The missing rows, or as many of them as could be read. Throws when that was none. */
  filled(rows: readonly LogRow[]): void {
    this.#filling = false;
    const before = this.delivered;
    for (const row of rows) this.accept(row);
    this.#takeAhead();
    if (this.#ahead.size === 0) return;
    const next = Math.min(...this.#ahead.keys());
    if (this.delivered === before) {
      throw new Error(`expected event ${before + 1} in the store before ${next}; it is not there`);
    }
    this.#fillGap(next);
  }

  /** Sends what the turn has gathered. */
  flush(): void {
    if (this.#turn.length === 0) return;
    const rows = this.#turn;
    this.#turn = [];
    this.audience.broadcast((view, room) => shownRows(rows, view, room));
    // Not before: what could not be shown counts as not sent.
    this.#flushed = this.delivered;
    this.observer?.delivered(rows.length, this.audience.size);
  }

  #take(row: LogRow): void {
    this.delivered = row.seq;
    this.#ahead.delete(row.seq);
    this.#turn.push(row);
    this.applied(row);
  }

  #takeAhead(): void {
    while (this.#ahead.size > 0) {
      const row = this.#ahead.get(this.delivered + 1);
      if (!row) break;
      this.#take(row);
    }
  }

  #fillGap(before: number): void {
    if (this.#filling) return;
    this.#filling = true;
    this.fill(this.delivered, before);
  }
}

/** Rows of a log as one kind of viewer sees them; undefined when there is nothing to see. */
export function shownRows(
  rows: readonly LogRow[],
  view: View,
  room: string,
): string | undefined {
  let shown: string | undefined;
  for (const row of rows) {
    const text = show(logEvent(row, room), view);
    if (text !== undefined) shown = shown === undefined ? text : `${shown}\n${text}`;
  }
  return shown;
}
