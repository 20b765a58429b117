export const BACKOFF_BASE_MS = 500;
export const BACKOFF_MAX_MS = 30_000;

/**
 * How long to wait before attempt `attempt` (0 is the first repeat): "full jitter", a random time
 * between nothing and a bound that doubles. Thousands of clients that lost the same server come
 * back spread out instead of all at once.
 */
export function backoffMs(attempt: number, random: () => number): number {
  const bound = Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** Math.min(attempt, 16));
  return Math.round(random() * bound);
}
