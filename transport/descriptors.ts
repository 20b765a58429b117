/** Descriptors left to everything that is not a connection: store, logs, files, other servers. */
export const RESERVED_DESCRIPTORS = 64;

/**
 * How many file descriptors can be opened now, up to `wanted`. Found by opening that many for a
 * moment, about 15 µs each, because reading the limit itself needs every permission Deno has; without
 * permission to read the null device nothing is known, and the answer is `wanted`. It matters because
 * neither of Deno's listeners recovers from running out: one ends, the other accepts nobody any more.
 */
export function freeDescriptors(wanted: number): number {
  const { state } = Deno.permissions.querySync({ name: "read", path: NULL_DEVICE });
  if (state !== "granted") return wanted;
  const open: Deno.FsFile[] = [];
  try {
    while (open.length < wanted) open.push(Deno.openSync(NULL_DEVICE));
  } catch {
    // There are no more.
  } finally {
    for (const file of open) file.close();
  }
  return open.length;
}

const NULL_DEVICE = Deno.build.os === "windows" ? "NUL" : "/dev/null";

/** As many connections as asked for, or as few as the descriptors allow. Never below 1. */
export function affordableConnections(wanted: number, spare: number): number {
  const kept = RESERVED_DESCRIPTORS + spare;
  return Math.max(1, Math.min(wanted, freeDescriptors(wanted + kept) - kept));
}
