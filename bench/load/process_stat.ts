/** What Linux tells about a process (proc(5)). Both throw when the process is gone. */

/** `sysconf(_SC_CLK_TCK)`, the same on every Linux that Deno runs on. */
const TICKS_PER_SECOND = 100;

/** CPU time of all its threads so far, user and system; a tick is 10 ms. */
export function cpuSeconds(pid: number | "self"): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  // The second field is the program's name in parentheses and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const userTicks = Number(fields[11]);
  const systemTicks = Number(fields[12]);
  return (userTicks + systemTicks) / TICKS_PER_SECOND;
}

/** Of several processes together. */
export function cpuSecondsOf(nodes: readonly { readonly pid: number }[]): number {
  return nodes.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
}

export function residentBytesOf(nodes: readonly { readonly pid: number }[]): number {
  return nodes.reduce((sum, { pid }) => sum + residentBytes(pid), 0);
}

export function residentBytes(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`));
  if (match === null) throw new Error(`expected a running process, ${pid} has no VmRSS`);
  return Number(match[1]) * 1024;
}
