import { cpuUsage } from "node:process";
import { Counter, Gauge, type Registry } from "./exposition.ts";

/**
 * The process by the names that every Prometheus client gives it; none that has to be read from
 * /proc, which the server may not.
 */
export function processMetrics(registry: Registry): void {
  const registers = [registry];
  const startedMs = performance.timeOrigin;
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Memory of the process that is in RAM",
    registers,
    collect() {
      this.set(Deno.memoryUsage().rss);
    },
  });
  new Gauge({
    name: "hubbub_heap_used_bytes",
    help: "JavaScript objects, garbage among them",
    registers,
    collect() {
      this.set(Deno.memoryUsage().heapUsed);
    },
  });
  new Gauge({
    name: "hubbub_external_memory_bytes",
    help: "Buffers that belong to JavaScript objects",
    registers,
    collect() {
      this.set(Deno.memoryUsage().external);
    },
  });
  new Gauge({
    name: "process_start_time_seconds",
    help: "When the process started, in seconds since 1970 UTC",
    registers,
    collect() {
      this.set(Math.round(startedMs / 1_000));
    },
  });
  new Counter({
    name: "process_cpu_seconds_total",
    help: "CPU time of the process, user and system",
    registers,
    collect() {
      const { user, system } = cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
}
