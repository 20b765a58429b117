import { compare, describe } from "./difference.ts";
import { type Source, type Target, TransferError } from "./ends.ts";
import { pages } from "./pages.ts";
import { type Table, TABLES } from "./tables.ts";

export type Phase = "copy" | "compare" | "index";

/** What is told while it goes on. */
export interface Listener {
  /** Another phase begins, of so many rows. */
  begin(phase: Phase, rows: number): void;
  /** So many more of them are done. */
  advance(table: string, rows: number): void;
}

export interface Transfer {
  readonly source: Source;
  readonly target: Target;
  readonly listener: Listener;
  /** Stops it at the next page, with a `TransferError` "interrupted". */
  readonly signal?: AbortSignal | undefined;
}

interface Move extends Transfer {
  /** Since when it works without a pause. */
  readonly turn: { sinceMs: number };
}

export interface Moved {
  readonly rows: number;
  /** Rows of an earlier run that the source has changed or dropped since. */
  readonly outdated: number;
}

/** How long it works before others have a turn. */
const TURN_MS = 50;
/** Differences that are named; the others are counted. */
const NAMED_MAX = 20;

/**
 * Makes the target's rows the same as the source's, compares all of them, and fills what is
 * derived. It may be killed at any moment and started again: it goes on after the rows that are
 * there, having compared those with the source, which may have changed meanwhile. The target
 * stays unfinished: `finish` is the caller's. Throws `TransferError`.
 */
export async function transfer(asked: Transfer): Promise<Moved> {
  const move: Move = { ...asked, turn: { sinceMs: performance.now() } };
  const counts = new Map<Table, number>();
  for (const table of TABLES) counts.set(table, await move.source.count(table));
  const rows = counts.values().reduce((sum, count) => sum + count, 0);
  const outdated = await copy(move, rows);
  await verify(move, rows);
  await index(move);
  return { rows, outdated };
}

async function copy(move: Move, rows: number): Promise<number> {
  move.listener.begin("copy", rows);
  let outdated = 0;
  for (const table of TABLES) {
    const last = await move.target.last(table);
    if (last) outdated += await renew(move, table);
    await append(move, table);
  }
  return outdated;
}

/**
 * Makes what an earlier run left the same as the source again. First everything that is not
 * exactly so there goes, and only then what is missing comes, so that no new row meets an old one
 * that has its name.
 */
async function renew(move: Move, table: Table): Promise<number> {
  const { target, listener } = move;
  let outdated = 0;
  let whole = true;
  for await (const { alike, differences } of compare(move, table, "the target's last")) {
    const gone = differences.filter(({ kind }) => kind !== "missing").map(({ key }) => key);
    if (differences.length > 0 && whole) {
      whole = false;
      await target.forgetIndex();
    }
    if (gone.length > 0) await target.remove(table, gone);
    outdated += gone.length;
    listener.advance(table.name, alike);
    await breathe(move);
  }
  if (whole) return outdated;
  for await (const { differences } of compare(move, table, "the target's last")) {
    const missing = differences.flatMap((found) => found.kind === "missing" ? [found.row] : []);
    if (missing.length > 0) await target.add(table, missing);
    listener.advance(table.name, missing.length);
    await breathe(move);
  }
  return outdated;
}

/** Adds what comes after the last row that is there. */
async function append(move: Move, table: Table): Promise<void> {
  const { source, target, listener } = move;
  for await (const rows of pages(source, table, await target.last(table))) {
    await target.add(table, rows);
    listener.advance(table.name, rows.length);
    await breathe(move);
  }
}

async function verify(move: Move, rows: number): Promise<void> {
  move.listener.begin("compare", rows);
  const named: string[] = [];
  let count = 0;
  for (const table of TABLES) {
    for await (const { alike, differences } of compare(move, table)) {
      count += differences.length;
      for (const difference of differences.slice(0, NAMED_MAX - named.length)) {
        named.push(describe(table, difference));
      }
      move.listener.advance(table.name, alike + differences.length);
      await breathe(move);
    }
  }
  if (count === 0) return;
  if (count > named.length) named.push(`and ${count - named.length} more`);
  throw new TransferError(
    "differs",
    `${move.target.name} is not like ${move.source.name}: ${count} ${
      count === 1 ? "row differs" : "rows differ"
    }; the same command puts that right`,
    named,
  );
}

async function index(move: Move): Promise<void> {
  let left = await move.target.index();
  move.listener.begin("index", left);
  while (left > 0) {
    const before = left;
    left = await move.target.index();
    move.listener.advance("messages", before - left);
    await breathe(move);
  }
}

/** Lets timers and signals have their turn now and then: SQLite's side never waits. */
async function breathe({ signal, target, turn }: Move): Promise<void> {
  const nowMs = performance.now();
  if (nowMs - turn.sinceMs >= TURN_MS) {
    // A timer: who only yields keeps the runtime from sleeping, and then it rarely looks for signals.
    await new Promise((resolve) => setTimeout(resolve, 0));
    turn.sinceMs = performance.now();
  }
  if (!signal?.aborted) return;
  throw new TransferError(
    "interrupted",
    `stopped; ${target.name} is unfinished, and the same command goes on with it`,
  );
}
