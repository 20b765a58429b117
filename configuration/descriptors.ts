/**
 * How many connections the process may hold. Running out of file descriptors breaks a listener for
 * good, so the bound stands well below the limit; and since Deno tells nobody the limit without every
 * permission, it is found by trying.
 */

/** More is never derived; who needs more says so by `--max-connections`. */
export const DERIVED_CONNECTIONS_MAX = 10_000;

/** Left for the store, static files, and connections that are being refused. */
const HEADROOM_SHARE = 1 / 4;
const HEADROOM_MIN = 64;

export function connectionsAllowed(free: number): number {
  const headroom = Math.max(HEADROOM_MIN, Math.ceil(free * HEADROOM_SHARE));
  return Math.min(DERIVED_CONNECTIONS_MAX, Math.max(1, free - headroom));
}

/** Enough free descriptors for every bound that is ever derived. */
export const DESCRIPTORS_WANTED = Math.ceil(DERIVED_CONNECTIONS_MAX / (1 - HEADROOM_SHARE));

/**
 * Opens up to `most` descriptors, closes them again, and answers how many there were. Takes about
 * 15 µs each. When opening is not permitted at all, answers `most`: nothing is known.
 */
export function freeDescriptors(most: number, open: () => Disposable = openNull): number {
  using held = new DisposableStack();
  for (let count = 0; count < most; count++) {
    try {
      held.use(open());
    } catch (error) {
      return error instanceof Deno.errors.NotCapable ? most : count;
    }
  }
  return most;
}

function openNull(): Disposable {
  return Deno.openSync("/dev/null");
}
