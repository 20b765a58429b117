import type { Inspection } from "../actors/actor.ts";
import { actorMetrics } from "./actor_metrics.ts";
import { Counter, Gauge, Histogram, Registry } from "./exposition.ts";
import { processMetrics } from "./process_metrics.ts";
import { Tally } from "./tally.ts";

/** Rows a commit, events a turn: what batches are, in powers of two. */
const BATCH_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096];
/** From a row in a warm cache to a disk that hangs. */
const COMMIT_BUCKETS_S = [
  0.00025,
  0.0005,
  0.001,
  0.0025,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  5,
];
const LAG_BUCKETS_S = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];
/** Close codes that the protocol and RFC 6455 name; a peer may say any, and each would be a series. */
const CLOSE_CODES = new Set([
  1000,
  1001,
  1002,
  1003,
  1005,
  1006,
  1007,
  1008,
  1009,
  1011,
  1012,
  1013,
  4001,
  4003,
  4008,
]);

export interface Description {
  readonly name: string;
  readonly type: string;
  readonly help: string;
}

/** The server's figures, as Prometheus reads them (docs/operations.md has the table of all). */
export class Metrics {
  readonly #registry = new Registry();
  readonly #opened = this.#counter("hubbub_connections_opened_total", "Connections let in");
  readonly #closed = this.#tally(
    "hubbub_connections_closed_total",
    "Connections ended, by WebSocket close code",
    "code",
  );
  #open = 0;
  readonly #refusedHandshakes = this.#tally(
    "hubbub_handshakes_refused_total",
    "Handshakes that led to no connection, by reason",
    "reason",
  );
  readonly #tooSlow = this.#tally(
    "hubbub_slow_connections_dropped_total",
    "Connections dropped because they did not read: a full queue, or a write that timed out",
    "why",
  );
  readonly #commands = this.#tally(
    "hubbub_commands_received_total",
    "Commands that clients sent and the server could read, by type; messages are `message`",
    "type",
  );
  readonly #refusals = this.#tally(
    "hubbub_refusals_total",
    "Errors that clients were sent, by code",
    "code",
  );
  readonly #delivered = this.#counter(
    "hubbub_deliveries_total",
    "Events of rooms' logs handed to connections: events times sessions",
  );
  readonly #turnEvents = this.#histogram(
    "hubbub_hub_turn_events",
    "Events that left a hub together, as one frame for each connection",
    BATCH_BUCKETS,
  );
  readonly #commitRows = this.#histogram(
    "hubbub_commit_rows",
    "Events that were to be committed together; some may have been refused by then",
    BATCH_BUCKETS,
  );
  readonly #commitSeconds = this.#histogram(
    "hubbub_commit_duration_seconds",
    "How long a group commit took",
    COMMIT_BUCKETS_S,
  );
  readonly #actorFailures = this.#tally(
    "hubbub_actor_failures_total",
    "Actors that threw, by kind; those that have a policy start again",
    "kind",
  );
  readonly #failures = this.#counter(
    "hubbub_failures_total",
    "Failures inside that were logged: of the store, of routes, of connections",
  );
  readonly #unhandled = this.#counter(
    "hubbub_unhandled_rejections_total",
    "Promises whose rejection nobody handled; survived",
  );
  readonly #lag = this.#histogram(
    "hubbub_event_loop_lag_seconds",
    "How late a timer fires, looked at four times a second",
    LAG_BUCKETS_S,
  );

  readonly #published = this.#counter(
    "hubbub_relay_published_total",
    "Words to other nodes that Redis took",
  );
  readonly #received = this.#counter(
    "hubbub_relay_received_total",
    "Words of other nodes that came",
  );
  readonly #dropped = this.#tally(
    "hubbub_relay_dropped_total",
    "Words to or of other nodes that were dropped, by reason; what is missing is read from the store",
    "why",
  );
  readonly #gapEvents = this.#counter(
    "hubbub_gap_events_total",
    "Events of other nodes that were read from the store, because their word did not come in time",
  );
  readonly #redisLost = this.#counter("hubbub_redis_lost_total", "Times that Redis went away");
  readonly #redisLag = this.#histogram(
    "hubbub_redis_lag_seconds",
    "How long a word takes through Redis back to this node, tried once a second",
    LAG_BUCKETS_S,
  );
  readonly #storeLost = this.#counter(
    "hubbub_store_lost_total",
    "Times that the store, which had taken what was written, did not any more",
  );
  #redisUp = 0;
  #storeUp = 1;
  #nodes = 1;

  constructor() {
    const gauges = [
      ["hubbub_connections", "Connections open now", () => this.#open],
      [
        "hubbub_redis_up",
        "1 while Redis answers, else 0; 0 also where there is none",
        () => this.#redisUp,
      ],
      [
        "hubbub_store_up",
        "1 while the store takes what is written, else 0: by the last commit or `/readyz`",
        () => this.#storeUp,
      ],
      ["hubbub_nodes", "Nodes alive, as far as this one knows, itself included", () => this.#nodes],
    ] as const;
    for (const [name, help, value] of gauges) {
      new Gauge({
        name,
        help,
        registers: [this.#registry],
        // Called with the metric as `this`.
        collect() {
          this.set(value());
        },
      });
    }
    processMetrics(this.#registry);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Everything, in Prometheus' text format. */
  text(): string {
    return this.#registry.text();
  }

  /** Name, type and help of every metric, for the documentation. */
  describe(): readonly Description[] {
    return this.#registry.describe();
  }

  /** Whose figures these are. */
  ofNode(name: string): void {
    const gauge = new Gauge({
      name: "hubbub_node",
      help: "1, with the name of the node whose figures these are",
      labelNames: ["name"],
      registers: [this.#registry],
    });
    gauge.set({ name }, 1);
  }

  /** Looks at these actors from now on. */
  watchActors(inspect: () => readonly Inspection[]): void {
    actorMetrics(this.#registry, inspect);
  }

  opened(): void {
    this.#open++;
    this.#opened.inc();
  }

  closed(code: number): void {
    this.#open--;
    this.#closed.add(CLOSE_CODES.has(code) ? String(code) : "other");
  }

  /** `reason` and the labels below are words of the program's own, so that series stay few. */
  handshakeRefused(reason: string): void {
    this.#refusedHandshakes.add(reason);
  }

  tooSlow(why: string): void {
    this.#tooSlow.add(why);
  }

  command(type: string): void {
    this.#commands.add(type);
  }

  refused(code: string): void {
    this.#refusals.add(code);
  }

  delivered(events: number, sessions: number): void {
    this.#delivered.inc(events * sessions);
    this.#turnEvents.observe(events);
  }

  committed(rows: number, ms: number): void {
    this.#commitRows.observe(rows);
    this.#commitSeconds.observe(ms / 1_000);
  }

  actorFailed(kind: string): void {
    this.#actorFailures.add(kind);
  }

  failed(): void {
    this.#failures.inc();
  }

  rejectionUnhandled(): void {
    this.#unhandled.inc();
  }

  lagged(ms: number): void {
    this.#lag.observe(ms / 1_000);
  }

  published(): void {
    this.#published.inc();
  }

  received(): void {
    this.#received.inc();
  }

  dropped(why: string): void {
    this.#dropped.add(why);
  }

  gapRead(events: number): void {
    this.#gapEvents.inc(events);
  }

  nodes(count: number): void {
    this.#nodes = count;
  }

  redis(up: boolean): void {
    if (!up && this.#redisUp) this.#redisLost.inc();
    this.#redisUp = up ? 1 : 0;
  }

  store(up: boolean): void {
    if (!up && this.#storeUp) this.#storeLost.inc();
    this.#storeUp = up ? 1 : 0;
  }

  redisTook(ms: number): void {
    this.#redisLag.observe(ms / 1_000);
  }

  #counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: [this.#registry] });
  }

  #histogram(name: string, help: string, buckets: number[]): Histogram {
    return new Histogram({ name, help, buckets, registers: [this.#registry] });
  }

  #tally(name: string, help: string, label: string): Tally {
    return new Tally(this.#registry, { name, help, label });
  }
}
