import { assertEquals, assertThrows } from "@std/assert";
import { Counter, Gauge, Histogram, Registry } from "./exposition.ts";

Deno.test("metrics are written as Prometheus reads them", () => {
  const registry = new Registry();
  const registers = [registry];
  const seen = new Counter({ name: "seen_total", help: "Seen\nor \\ not", registers });
  const kinds = new Counter({
    name: "kinds_total",
    help: "Kinds",
    labelNames: ["kind"],
    registers,
  });
  let now = 0;
  new Gauge({
    name: "now",
    help: "Now",
    registers,
    collect() {
      this.set(++now);
    },
  });
  const took = new Histogram({ name: "took_seconds", help: "Took", buckets: [0.1, 1], registers });
  seen.inc();
  seen.inc(2);
  kinds.inc({ kind: 'a "quoted"\nname' }, 3);
  for (const seconds of [0.1, 0.5, 7]) took.observe(seconds);
  const text = String.raw`# HELP seen_total Seen\nor \\ not
# TYPE seen_total counter
seen_total 3
# HELP kinds_total Kinds
# TYPE kinds_total counter
kinds_total{kind="a \"quoted\"\nname"} 3
# HELP now Now
# TYPE now gauge
now 1
# HELP took_seconds Took
# TYPE took_seconds histogram
took_seconds_bucket{le="0.1"} 1
took_seconds_bucket{le="1"} 2
took_seconds_bucket{le="+Inf"} 3
took_seconds_sum 7.6
took_seconds_count 3
`;
  assertEquals(registry.text(), text);
  assertEquals(registry.text().includes("now 2"), true, "a gauge is brought up to date each time");
});

Deno.test("a reset forgets the labels, and a number without labels begins anew", () => {
  const registry = new Registry();
  const gauge = new Gauge({ name: "g", help: "G", labelNames: ["kind"], registers: [registry] });
  const counter = new Counter({ name: "c", help: "C", registers: [registry] });
  gauge.set({ kind: "x" }, 1);
  counter.inc();
  gauge.reset();
  counter.reset();
  assertEquals(registry.text().split("\n").filter((line) => !line.startsWith("#")), ["c 0", ""]);
});

Deno.test("a name is used once", () => {
  const registry = new Registry();
  new Gauge({ name: "g", help: "G", registers: [registry] });
  assertThrows(() => new Gauge({ name: "g", help: "G", registers: [registry] }), Error, "two");
});
