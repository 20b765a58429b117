/** Time as the actors see it, so that tests turn a fake clock instead of sleeping. */
export interface Clock {
  /** Milliseconds since 1970 UTC: what messages are stamped with. May jump. */
  now(): number;
  /** Milliseconds from an arbitrary start, never going back: what durations are measured with. */
  monotonic(): number;
  /** Calls once after `delayMs`. The answer cancels it; safe after it fired. */
  after(delayMs: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
