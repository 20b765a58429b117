import type { Clock } from "../actors/clock.ts";

const LOOK_EVERY_MS = 250;

/**
 * Looks how late a timer fires: what holds the event loop holds everybody. The answer stops it.
 * Told of each look; `lagMs` is 0 when the timer was in time.
 */
export function watchEventLoop(clock: Clock, onLook: (lagMs: number) => void): () => void {
  let dueMs = clock.monotonic() + LOOK_EVERY_MS;
  const look = () => {
    const nowMs = clock.monotonic();
    const lagMs = Math.max(0, nowMs - dueMs);
    dueMs = nowMs + LOOK_EVERY_MS;
    cancel = clock.after(LOOK_EVERY_MS, look);
    onLook(lagMs);
  };
  let cancel = clock.after(LOOK_EVERY_MS, look);
  return () => cancel();
}
