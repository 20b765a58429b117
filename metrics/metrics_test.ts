import { assert, assertEquals, assertMatch } from "@std/assert";
import { Metrics } from "./metrics.ts";

/** What a scrape says of one series. */
function value(metrics: Metrics, series: string): number | undefined {
  const lines = metrics.text().split("\n");
  const line = lines.find((line) => line.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

Deno.test("connections open now are those opened less those closed", () => {
  const metrics = new Metrics();
  for (let count = 0; count < 3; count++) metrics.connections.opened();
  metrics.connections.closed(1013);
  assertEquals(value(metrics, "hubbub_connections"), 2);
  assertEquals(value(metrics, "hubbub_connections_opened_total"), 3);
  assertEquals(value(metrics, 'hubbub_connections_closed_total{code="1013"}'), 1);
});

Deno.test("a peer cannot make series by closing with codes of its own", () => {
  const metrics = new Metrics();
  for (let code = 4100; code < 4999; code++) metrics.connections.closed(code);
  const series = metrics.text().match(/^hubbub_connections_closed_total\{.*$/gm);
  assertEquals(series, ['hubbub_connections_closed_total{code="other"} 899']);
});

Deno.test("counts stay when they are read, and are not counted twice", () => {
  const metrics = new Metrics();
  metrics.connections.command("message");
  metrics.connections.command("message");
  const series = 'hubbub_commands_received_total{type="message"}';
  assertEquals(value(metrics, series), 2);
  assertEquals(value(metrics, series), 2);
});

Deno.test("deliveries are events times sessions; batches and commits are histograms", () => {
  const metrics = new Metrics();
  metrics.delivered(5, 1_000);
  metrics.committed(5, 2);
  assertEquals(value(metrics, "hubbub_deliveries_total"), 5_000);
  assertEquals(value(metrics, 'hubbub_hub_turn_events_bucket{le="4"}'), 0);
  assertEquals(value(metrics, 'hubbub_hub_turn_events_bucket{le="8"}'), 1);
  assertEquals(value(metrics, "hubbub_commit_rows_sum"), 5);
  assertEquals(value(metrics, "hubbub_commit_duration_seconds_sum"), 0.002);
});

Deno.test("mailboxes are read when asked, by one walk, and what has ended is gone", () => {
  const metrics = new Metrics();
  let walks = 0;
  let actors = [
    { name: "hub a", depth: 1, bound: 10 },
    { name: "hub b", depth: 5, bound: 10 },
  ];
  const rest = { parent: "", handled: 0, restarts: 0, state: "running" } as const;
  metrics.watchActors(() => {
    walks++;
    return actors.map((each) => ({ ...each, ...rest }));
  });
  assertEquals(value(metrics, 'hubbub_actors{kind="hub"}'), 2);
  assertEquals(walks, 1);
  assertEquals(value(metrics, 'hubbub_mailbox_messages{kind="hub"}'), 6);
  assertEquals(value(metrics, 'hubbub_mailbox_fullest_ratio{kind="hub"}'), 0.5);
  actors = [];
  assertEquals(value(metrics, 'hubbub_mailbox_messages{kind="hub"}'), undefined);
});

Deno.test("the process's figures are real ones, and names say their units", () => {
  const metrics = new Metrics();
  assert((value(metrics, "process_resident_memory_bytes") ?? 0) > 1e6);
  assert((value(metrics, "process_cpu_seconds_total") ?? 0) > 0);
  assert((value(metrics, "hubbub_heap_used_bytes") ?? 0) > 1e5);
  for (const { name, type } of metrics.describe()) {
    assertMatch(name, /^(hubbub|process)_[a-z_]+$/);
    assertEquals(name.endsWith("_total"), type === "counter", `${name} is a ${type}`);
  }
});
