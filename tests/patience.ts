/**
 * How long is waited for what must come about: long enough for two cores that do ten things at
 * once. Nothing waits this long when all is well.
 */
export const PATIENCE_MS = 90_000;

/** What must happen within a time gets this on top: so long such a machine may stand still. */
export const STALL_MS = 10_000;

const LOOK_EVERY_MS = 2;

/** Waits until it is so; throws with what was expected when it does not come about. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  patienceMs: number = PATIENCE_MS,
): Promise<void> {
  const untilMs = performance.now() + patienceMs;
  while (!await isSo()) {
    if (performance.now() > untilMs) throw new Error(`expected ${what} within ${patienceMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
