/** Numbers looked at between two looks at the clock, at first; four times as many when quick. */
const WINDOW_START = 64;
const WINDOW_FACTOR = 4;
/** However quick: what comes next may be a thousand times as slow. */
const WINDOW_MAX = 1024;
/** Below this part of the budget a window is quick: a fourfold one fits into what is left. */
const QUICK_PART = 1 / 16;

export interface Budget {
  readonly ms: number;
  readonly startedMs: number;
  now(): number;
  /** Candidates looked at whatever the clock says: a busy machine finds something, too. */
  readonly free?: { looks: number };
}

/**
 * Goes back from `high` (not included) to `low` in windows until `visit` answers where it stopped
 * or the budget is spent. At least one window is visited, so that every call gets further. Answers
 * the number down to which all was visited, or undefined when nothing is left.
 */
export function goBack(
  low: number,
  high: number,
  budget: Budget,
  visit: (from: number, to: number) => number | undefined,
): number | undefined {
  let size = WINDOW_START;
  let to = high;
  while (to > low) {
    const beganMs = budget.now();
    if (to < high && isLate(budget)) return to;
    const from = Math.max(low, to - size);
    const stopped = visit(from, to);
    if (stopped !== undefined) return stopped;
    if (budget.now() - beganMs < budget.ms * QUICK_PART) {
      size = Math.min(size * WINDOW_FACTOR, WINDOW_MAX);
    }
    to = from;
  }
  return undefined;
}

/** After a candidate: whether to stop there. */
export function isSpent(budget: Budget): boolean {
  if (budget.free && budget.free.looks > 0) {
    budget.free.looks--;
    return false;
  }
  return isLate(budget);
}

/** The clock alone: before what may cost more than one candidate. */
export function isLate(budget: Budget): boolean {
  return budget.now() - budget.startedMs >= budget.ms;
}
