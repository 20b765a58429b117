import type { Clock } from "./clock.ts";

/** The clock is looked at this often: it may jump, and timers hold at most 24 days. */
const LOOK_EVERY_MS = 3600_000;

/**
 * Calls once when the clock says `at` (milliseconds since 1970) or later; never without one. The
 * answer cancels it.
 */
export function atTime(clock: Clock, at: number | undefined, callback: () => void): () => void {
  if (at === undefined) return () => {};
  let cancel = () => {};
  const look = () => {
    const leftMs = at - clock.now();
    if (leftMs <= 0) callback();
    else cancel = clock.after(Math.min(leftMs, LOOK_EVERY_MS), look);
  };
  cancel = clock.after(Math.max(0, Math.min(at - clock.now(), LOOK_EVERY_MS)), look);
  return () => cancel();
}
