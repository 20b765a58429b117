import type { Failure } from "./actors/actor.ts";
import type { ConnectionObserver } from "./actors/connection_options.ts";
import type { HubObserver } from "./actors/hub_options.ts";
import type { RelayObserver } from "./actors/relay_messages.ts";
import type { Session } from "./actors/session.ts";
import type { EntranceObserver, HandshakeRefusal } from "./entrance.ts";
import { type LogEvent, logger } from "./logging/log.ts";
import { ration } from "./logging/ration.ts";
import { kindOf } from "./metrics/kinds.ts";
import type { Metrics } from "./metrics/metrics.ts";

/** Lines of one sort; strangers and a failing disk can cause them without end. */
const LINES = { most: 20, withinMs: 10_000 };
/** The event loop held for longer than this is worth a line. */
export const LAG_LOGGED_MS = 200;

/** Told of what happens in the server: counts it, and writes down what an operator should know. */
export class Witness implements ConnectionObserver, HubObserver, EntranceObserver, RelayObserver {
  readonly #log = {
    connection: logger("connection"),
    refusedHandshake: this.#rationed(logger("connection").warning),
    tooSlow: this.#rationed(logger("connection").warning),
    actor: this.#rationed(logger("actor").error),
    failure: this.#rationed(logger("server").error),
    lag: this.#rationed(logger("server").warning),
    redis: logger("redis"),
  };

  constructor(
    readonly metrics: Metrics,
    readonly monotonic: () => number = () => performance.now(),
  ) {}

  opened(session: Session): void {
    this.metrics.connections.opened();
    this.#log.connection.debug("connection opened", who(session));
  }

  closed(code: number, session: Session): void {
    this.metrics.connections.closed(code);
    this.#log.connection.debug("connection closed", { ...who(session), code });
  }

  refusedHandshake(reason: HandshakeRefusal, address: string): void {
    this.metrics.connections.handshakeRefused(reason);
    this.#log.refusedHandshake("handshake refused", { code: reason, address });
  }

  tooSlow(session: Session, why: "queue" | "write"): void {
    this.metrics.connections.tooSlow(why);
    this.#log.tooSlow("slow client dropped", { ...who(session), code: why });
  }

  command(type: string): void {
    this.metrics.connections.command(type);
  }

  refused(code: string): void {
    this.metrics.connections.refused(code);
  }

  delivered(events: number, sessions: number): void {
    this.metrics.delivered(events, sessions);
  }

  committed(rows: number, ms: number): void {
    this.metrics.committed(rows, ms);
    this.store(true);
  }

  /** Whether the store took what was written last. */
  store(up: boolean): void {
    this.metrics.store(up);
  }

  gapRead(events: number): void {
    this.metrics.cluster.gapRead(events);
  }

  published(): void {
    this.metrics.cluster.published();
  }

  received(): void {
    this.metrics.cluster.received();
  }

  dropped(why: string): void {
    this.metrics.cluster.dropped(why);
  }

  nodes(count: number): void {
    this.metrics.cluster.nodes(count);
    this.#log.redis.info("nodes alive", { count });
  }

  bus(state: { readonly up: true } | { readonly up: false; readonly why: string }): void {
    this.metrics.cluster.redis(state.up);
    if (state.up) this.#log.redis.info("redis answers");
    else this.#log.redis.warning("redis is away", { reason: state.why });
  }

  took(ms: number): void {
    this.metrics.cluster.redisTook(ms);
  }

  actorFailed({ actor, error, restarts, final }: Failure): void {
    this.metrics.actorFailed(kindOf(actor));
    this.#log.actor(final ? "actor has ended" : "actor starts again", { actor, restarts, error });
  }

  failed(error: unknown, what: string): void {
    this.metrics.failed();
    this.#log.failure(what, { error });
  }

  rejectionUnhandled(error: unknown): void {
    this.metrics.rejectionUnhandled();
    this.#log.failure("unhandled rejection", { error });
  }

  /** `actor`: whose turn was the longest meanwhile. */
  lagged(lagMs: number, actor: string | undefined): void {
    this.metrics.lagged(lagMs);
    if (lagMs < LAG_LOGGED_MS) return;
    this.#log.lag("event loop was held", {
      lagMs: Math.round(lagMs),
      ...(actor === undefined ? undefined : { actor }),
    });
  }

  #rationed(log: LogEvent): LogEvent {
    return ration(log, { ...LINES, monotonic: () => this.monotonic() });
  }
}

function who({ id, user, address }: Session) {
  return { session: id, user: user.name, address };
}
