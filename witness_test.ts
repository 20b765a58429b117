import { assertEquals, assertMatch } from "@std/assert";
import { openLog } from "./logging/log.ts";
import { Metrics } from "./metrics/metrics.ts";
import { LAG_LOGGED_MS, Witness } from "./witness.ts";

/** What is logged from now on, as text lines without the time. */
function logged(): string[] {
  const lines: string[] = [];
  openLog({
    level: "info",
    format: "text",
    write: (line) => lines.push(line.replace(/^time=\S+ /, "").trimEnd()),
  });
  return lines;
}

Deno.test("a held event loop is a line with whose turn it was, a short one is only measured", async () => {
  const lines = logged();
  const metrics = new Metrics();
  const witness = new Witness(metrics);
  witness.lagged(LAG_LOGGED_MS - 1, "hub lobby");
  assertEquals(lines, []);
  witness.lagged(LAG_LOGGED_MS + 50.4, "hub lobby");
  assertEquals(lines, [
    'level=warning logger=hubbub.server msg="event loop was held" lagMs=250 actor="hub lobby"',
  ]);
  assertMatch(await metrics.text(), /hubbub_event_loop_lag_seconds_count 2\n/);
});

Deno.test("handshakes that are refused by the thousand are all counted, and a few lines", async () => {
  const lines = logged();
  const metrics = new Metrics();
  const witness = new Witness(metrics, () => 0);
  for (let count = 0; count < 1_000; count++) witness.refusedHandshake("origin", "192.0.2.1");
  assertEquals(lines.length, 20);
  assertEquals(
    lines[0],
    'level=warning logger=hubbub.connection msg="handshake refused" code=origin address=192.0.2.1',
  );
  assertMatch(await metrics.text(), /hubbub_handshakes_refused_total\{reason="origin"\} 1000\n/);
});

Deno.test("an actor that starts again is counted by its kind and named in its line", async () => {
  const lines = logged();
  const metrics = new Metrics();
  const error = new Error("told to fail");
  new Witness(metrics).actorFailed({ actor: "hub lobby", error, restarts: 2, final: false });
  assertMatch(
    lines[0] ?? "",
    /level=error logger=hubbub.actor msg="actor starts again" actor="hub lobby" restarts=2 error="Error: told to fail"/,
  );
  assertMatch(await metrics.text(), /hubbub_actor_failures_total\{kind="hub"\} 1\n/);
});
