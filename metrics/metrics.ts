import type { Inspection } from "../actors/actor.ts";
import { actorMetrics } from "./actor_metrics.ts";
import { ClusterMetrics } from "./cluster_metrics.ts";
import { ConnectionMetrics } from "./connection_metrics.ts";
import { Gauge, LAG_BUCKETS_S, Registry } from "./exposition.ts";
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

export interface Description {
  readonly name: string;
  readonly type: string;
  readonly help: string;
}

/** The server's figures, as Prometheus reads them (docs/operations.md has the table of all). */
export class Metrics {
  readonly #registry = new Registry();
  readonly connections = new ConnectionMetrics(this.#registry);
  readonly #delivered = this.#registry.counter(
    "hubbub_deliveries_total",
    "Events of rooms' logs handed to connections: events times sessions",
  );
  readonly #turnEvents = this.#registry.histogram(
    "hubbub_hub_turn_events",
    "Events that left a hub together, as one frame for each connection",
    BATCH_BUCKETS,
  );
  readonly #commitRows = this.#registry.histogram(
    "hubbub_commit_rows",
    "Events that were to be committed together; some may have been refused by then",
    BATCH_BUCKETS,
  );
  readonly #commitSeconds = this.#registry.histogram(
    "hubbub_commit_duration_seconds",
    "How long a group commit took",
    COMMIT_BUCKETS_S,
  );
  readonly #storeLost = this.#registry.counter(
    "hubbub_store_lost_total",
    "Times that the store, which had taken what was written, did not any more",
  );
  #storeUp = 1;
  readonly #actorFailures = new Tally(this.#registry, {
    name: "hubbub_actor_failures_total",
    help: "Actors that threw, by kind; those that have a policy start again",
    label: "kind",
  });
  readonly #failures = this.#registry.counter(
    "hubbub_failures_total",
    "Failures inside that were logged: of the store, of routes, of connections",
  );
  readonly #unhandled = this.#registry.counter(
    "hubbub_unhandled_rejections_total",
    "Promises whose rejection nobody handled; survived",
  );
  readonly #lag = this.#registry.histogram(
    "hubbub_event_loop_lag_seconds",
    "How late a timer fires, looked at four times a second",
    LAG_BUCKETS_S,
  );
  readonly cluster: ClusterMetrics;

  constructor() {
    this.#registry.gauge(
      "hubbub_store_up",
      "1 while the store takes what is written, else 0: by the last commit or `/readyz`",
      () => this.#storeUp,
    );
    this.cluster = new ClusterMetrics(this.#registry);
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

  store(up: boolean): void {
    if (!up && this.#storeUp) this.#storeLost.inc();
    this.#storeUp = up ? 1 : 0;
  }
}
