import type { Listener, Phase } from "../store/transfer/transfer.ts";

/** Where progress is shown: a terminal, or what collects lines. */
export interface Display {
  readonly isTerminal: boolean;
  /** Characters in a line of the terminal; asked each time, for windows change their size. */
  width(): number;
  write(text: string): void;
}

const NAMES: Readonly<Record<Phase, string>> = {
  copy: "Copying",
  compare: "Comparing",
  index: "Indexing",
};
const REDRAW_MS = 100;
const LINE_EVERY_MS = 10_000;
/** The rate is that of so much of the past: steady, and soon another one in another table. */
const RATE_WINDOW_MS = 5_000;
const BAR_CHARS = 20;

interface Moment {
  readonly atMs: number;
  readonly done: number;
}

/** A bar that moves on a terminal; elsewhere a line now and then. Both tell each phase's end. */
export class Progress implements Listener {
  readonly #display: Display;
  readonly #nowMs: () => number;
  #phase: { readonly name: string; readonly rows: number; readonly begun: Moment } | undefined;
  #done = 0;
  #shownMs = 0;
  #past: Moment[] = [];

  constructor(display: Display, nowMs: () => number = () => performance.now()) {
    this.#display = display;
    this.#nowMs = nowMs;
  }

  begin(phase: Phase, rows: number): void {
    this.end();
    const begun = { atMs: this.#nowMs(), done: 0 };
    this.#phase = { name: NAMES[phase], rows, begun };
    this.#done = 0;
    this.#shownMs = begun.atMs;
    this.#past = [begun];
  }

  advance(table: string, rows: number): void {
    this.#done += rows;
    const atMs = this.#nowMs();
    const { isTerminal } = this.#display;
    if (atMs - this.#shownMs < (isTerminal ? REDRAW_MS : LINE_EVERY_MS)) return;
    this.#shownMs = atMs;
    this.#past.push({ atMs, done: this.#done });
    while (this.#past.length > 2 && atMs - (this.#past[1]?.atMs ?? 0) >= RATE_WINDOW_MS) {
      this.#past.shift();
    }
    this.#show(this.#underWay(table, rateSince(this.#past[0], { atMs, done: this.#done })), false);
  }

  /** Says how far the phase under way came; nothing when there is none. */
  end(): void {
    if (!this.#phase) return;
    const { name, rows, begun } = this.#phase;
    const now = { atMs: this.#nowMs(), done: this.#done };
    const amount = now.done === rows ? count(rows) : `${count(now.done)} of ${count(rows)}`;
    const rate = count(rateSince(begun, now));
    this.#show(
      `${name}: ${amount} rows in ${clock(now.atMs - begun.atMs)}, ${rate} rows/s`,
      true,
    );
    this.#phase = undefined;
  }

  #underWay(table: string, rate: number): string {
    const { name = "", rows = 0 } = this.#phase ?? {};
    const part = rows > 0 ? Math.min(1, this.#done / rows) : 1;
    const filled = Math.floor(part * BAR_CHARS);
    const left = Math.max(0, rows - this.#done);
    return [
      `${name} ${table}`.padEnd("Comparing reactions".length),
      ...(this.#display.isTerminal
        ? [`[${"#".repeat(filled)}${"-".repeat(BAR_CHARS - filled)}]`]
        : []),
      `${Math.floor(part * 100)} %`.padStart("100 %".length),
      `${count(this.#done)} of ${count(rows)} rows`,
      `${count(rate)} rows/s`,
      rate > 0 ? `${clock(left / rate * 1000)} left` : "waiting",
    ].join("  ");
  }

  #show(text: string, isLast: boolean): void {
    const { isTerminal } = this.#display;
    // A line that wraps could not be drawn over.
    const line = isTerminal ? `\r${text.slice(0, this.#display.width() - 1)}\x1b[K` : text;
    this.#display.write(isTerminal && !isLast ? line : `${line}\n`);
  }
}

function rateSince(then: Moment | undefined, now: Moment): number {
  if (!then || now.atMs <= then.atMs) return 0;
  return (now.done - then.done) / (now.atMs - then.atMs) * 1000;
}

const count = (amount: number) => Math.round(amount).toLocaleString("en");

/** Milliseconds as 1:02 or 1:02:03. */
function clock(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
