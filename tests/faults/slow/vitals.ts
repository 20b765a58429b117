/** What a process on this machine has taken, read from Linux. */

export function rssBytes({ pid }: { readonly pid: number }): number {
  const kib = /VmRSS:\s+(\d+) kB/.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1];
  return Number(kib) * 1024;
}

export function descriptors({ pid }: { readonly pid: number }): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

/** The value below which this part of all values lies. Sorts the array in place. */
export function percentile(values: number[], part: number): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length * part)] ?? 0;
}

export const MIB = 1024 * 1024;
