import { type Counter, type Histogram, LAG_BUCKETS_S, type Registry } from "./exposition.ts";
import { Tally } from "./tally.ts";

/** Figures of what this node has with others, through Redis; all 0 where it is the only one. */
export class ClusterMetrics {
  readonly #published: Counter;
  readonly #received: Counter;
  readonly #dropped: Tally;
  readonly #gapEvents: Counter;
  readonly #redisLost: Counter;
  readonly #redisLag: Histogram;
  #redisUp = 0;
  #nodes = 1;

  constructor(registry: Registry) {
    this.#published = registry.counter(
      "hubbub_relay_published_total",
      "Words to other nodes that Redis took",
    );
    this.#received = registry.counter(
      "hubbub_relay_received_total",
      "Words of other nodes that came",
    );
    this.#dropped = new Tally(registry, {
      name: "hubbub_relay_dropped_total",
      help:
        "Words to or of other nodes that were dropped, by reason; what is missing is read from the store",
      label: "why",
    });
    this.#gapEvents = registry.counter(
      "hubbub_gap_events_total",
      "Events of other nodes that were read from the store, because their word did not come in time",
    );
    this.#redisLost = registry.counter("hubbub_redis_lost_total", "Times that Redis went away");
    this.#redisLag = registry.histogram(
      "hubbub_redis_lag_seconds",
      "How long a word takes through Redis back to this node, tried once a second",
      LAG_BUCKETS_S,
    );
    registry.gauge(
      "hubbub_redis_up",
      "1 while Redis answers, else 0; 0 also where there is none",
      () => this.#redisUp,
    );
    registry.gauge(
      "hubbub_nodes",
      "Nodes alive, as far as this one knows, itself included",
      () => this.#nodes,
    );
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

  redisTook(ms: number): void {
    this.#redisLag.observe(ms / 1_000);
  }
}
