import { cpuUsage } from "node:process";
import { Counter, type Registry } from "./exposition.ts";

/**
 * The process by the names that every Prometheus client gives it; none that has to be read from
 * /proc, which the server may not.
 */
export function processMetrics(registry: Registry): void {
  const startedMs = performance.timeOrigin;
  registry.gauge(
    "process_resident_memory_bytes",
    "Memory of the process that is in RAM",
    () => Deno.memoryUsage().rss,
  );
  registry.gauge(
    "hubbub_heap_used_bytes",
    "JavaScript objects, garbage among them",
    () => Deno.memoryUsage().heapUsed,
  );
  registry.gauge(
    "hubbub_external_memory_bytes",
    "Buffers that belong to JavaScript objects",
    () => Deno.memoryUsage().external,
  );
  registry.gauge(
    "process_start_time_seconds",
    "When the process started, in seconds since 1970 UTC",
    () => Math.round(startedMs / 1_000),
  );
  new Counter({
    name: "process_cpu_seconds_total",
    help: "CPU time of the process, user and system",
    registers: [registry],
    collect() {
      const { user, system } = cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
}
