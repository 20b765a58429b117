import type { LogEvent, LogFields } from "./log.ts";

export interface RationOptions {
  /** Lines within the window; what is more is counted instead. */
  readonly most: number;
  readonly withinMs: number;
  /** Milliseconds from any start, never going back. */
  monotonic(): number;
}

/**
 * Bounds how much is written of what others can cause as often as they like. The first line of the
 * next window says how many were left out before it.
 */
export function ration(log: LogEvent, { most, withinMs, monotonic }: RationOptions): LogEvent {
  let sinceMs = -Infinity;
  let written = 0;
  let leftOut = 0;
  return (event, fields: LogFields = {}) => {
    const nowMs = monotonic();
    if (nowMs - sinceMs >= withinMs) {
      sinceMs = nowMs;
      written = 0;
    }
    if (written >= most) {
      leftOut++;
      return;
    }
    written++;
    log(event, leftOut > 0 ? { ...fields, leftOut } : fields);
    leftOut = 0;
  };
}
