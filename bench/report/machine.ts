import { ask } from "../versions.ts";

/** What the figures were taken on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly deno: string;
  /** Processes that wanted to run in the minute before the start, and at the end. */
  readonly loadAverage: readonly [before: number, after: number];
}

export async function describeMachine(loadBefore: number): Promise<Machine> {
  const cpuinfo = await Deno.readTextFile("/proc/cpuinfo");
  return {
    cpu: /^model name\s*: (.+)$/m.exec(cpuinfo)?.[1] ?? Deno.build.arch,
    cores: navigator.hardwareConcurrency,
    memoryGiB: Math.round(Deno.systemMemoryInfo().total / 2 ** 30),
    kernel: Deno.osRelease(),
    deno: Deno.version.deno,
    loadAverage: [loadBefore, loadAverage()],
  };
}

export function loadAverage(): number {
  return Math.round(Deno.loadavg()[0]! * 10) / 10;
}

export async function canPin(): Promise<boolean> {
  return navigator.hardwareConcurrency >= 2 && await ask("taskset", "--version") !== undefined;
}
