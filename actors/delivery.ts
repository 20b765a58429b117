import type { LogRow } from "../store/store.ts";
import type { Frame } from "../transport/socket.ts";
import type { Audience } from "./audience.ts";
import type { HubObserver } from "./hub_options.ts";
import { logEvent } from "./log_events.ts";
import { PIECE_MAX_CHARS } from "./pieces.ts";
import { show, type View } from "./session.ts";

/** Rows that came ahead of their turn are kept up to here; more are read from the store again. */
const AHEAD_MAX = 10_000;
/** Most missing rows that are read at a time. */
export const GAP_MAX = 500;

/** Rows that are missing: those between two seqs, exclusive. */
export interface Gap {
  readonly after: number;
  readonly before: number;
}

/**
 * Hands a room's log to its audience strictly by seq: the next row at once, an older one never, and
 * after a gap nothing until the missing rows have come or been read. A turn's rows leave as one
 * frame.
 */
export class Delivery {
  #turn: LogRow[] = [];
  #ahead = new Map<number, LogRow>();
  /** How far the log is known to go; rows of other nodes may claim more. */
  #known: number;
  /** `onGap` was called and is not answered yet. */
  #asked = false;
  #flushed: number;

  /**
   * @param delivered the last seq that is taken for delivered.
   * @param applied told of each row as it is accepted; may call `flush`.
   * @param onGap told once that rows are missing, `found` just now or still; answered by `filled`,
   * once their time has come with what could be read of the `gap` there is then.
   */
  constructor(
    readonly audience: Audience,
    public delivered: number,
    readonly applied: (row: LogRow) => void,
    readonly onGap: (found: boolean) => void,
    readonly observer?: HubObserver,
  ) {
    this.#flushed = delivered;
    this.#known = delivered;
  }

  /** The last seq that was sent. */
  get flushed(): number {
    return this.#flushed;
  }

  /** The first rows that are missing, as many as are read at a time. */
  get gap(): Gap | undefined {
    let before = this.#known + 1;
    if (this.#ahead.size > 0) before = Math.min(...this.#ahead.keys());
    before = Math.min(before, this.delivered + 1 + GAP_MAX);
    return before > this.delivered + 1 ? { after: this.delivered, before } : undefined;
  }

  /** `kept`: it is certainly in the store. */
  accept(row: LogRow, kept = true): void {
    if (row.seq <= this.delivered) return;
    if (kept && row.seq > this.#known) this.#known = row.seq;
    if (row.seq > this.delivered + 1) {
      if (this.#ahead.size < AHEAD_MAX) this.#ahead.set(row.seq, row);
      this.#found();
      return;
    }
    this.#take(row);
    this.#takeAhead();
  }

  /** The log goes to this seq, says the store. */
  knows(seq: number): void {
    if (seq <= this.delivered) return;
    if (seq > this.#known) this.#known = seq;
    this.#found();
  }

  /**
   * What could be read of the gap `after` a seq; perhaps nothing, when it has closed by itself.
   * Throws when the store does not have what it said it has.
   */
  filled(after: number, rows: readonly LogRow[]): void {
    for (const row of rows) this.accept(row);
    this.#takeAhead();
    const { gap } = this;
    if (gap && rows.length === 0 && gap.after === after) {
      if (this.#known > after) {
        throw new Error(
          `expected event ${after + 1} of ${this.#known} in the store; it is not there`,
        );
      }
      // Only another node said that there is more.
      this.#ahead.clear();
    }
    this.#asked = this.gap !== undefined;
    if (this.#asked) this.onGap(false);
  }

  /** Sends what the turn has gathered. */
  flush(): void {
    if (this.#turn.length === 0) return;
    const rows = this.#turn;
    this.#turn = [];
    const first = new Set(rows.flatMap((row) => row.type === "message" ? [row.fromId] : []));
    this.audience.broadcast((view, room) => shownRows(rows, view, room), { first });
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

  #found(): void {
    if (this.#asked) return;
    this.#asked = true;
    this.onGap(true);
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

/** The same in pieces, each made when it is asked for. */
export function* shownPieces(
  rows: readonly LogRow[],
  view: View,
  room: string,
): Generator<Frame, undefined> {
  let text: string | undefined;
  for (const row of rows) {
    const shown = show(logEvent(row, room), view);
    if (shown === undefined) continue;
    text = text === undefined ? shown : `${text}\n${shown}`;
    if (text.length < PIECE_MAX_CHARS) continue;
    yield { text };
    text = undefined;
  }
  if (text !== undefined) yield { text };
}
