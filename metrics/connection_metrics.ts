import type { Counter, Registry } from "./exposition.ts";
import { Tally } from "./tally.ts";

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

/** Figures of the connections and of what comes on them. */
export class ConnectionMetrics {
  readonly #opened: Counter;
  readonly #closed: Tally;
  readonly #refusedHandshakes: Tally;
  readonly #tooSlow: Tally;
  readonly #commands: Tally;
  readonly #refusals: Tally;
  #open = 0;

  constructor(registry: Registry) {
    this.#opened = registry.counter("hubbub_connections_opened_total", "Connections let in");
    this.#closed = new Tally(registry, {
      name: "hubbub_connections_closed_total",
      help: "Connections ended, by WebSocket close code",
      label: "code",
    });
    registry.gauge("hubbub_connections", "Connections open now", () => this.#open);
    this.#refusedHandshakes = new Tally(registry, {
      name: "hubbub_handshakes_refused_total",
      help: "Handshakes that led to no connection, by reason",
      label: "reason",
    });
    this.#tooSlow = new Tally(registry, {
      name: "hubbub_slow_connections_dropped_total",
      help:
        "Connections dropped because they did not read: a full queue, or a write that timed out",
      label: "why",
    });
    this.#commands = new Tally(registry, {
      name: "hubbub_commands_received_total",
      help: "Commands that clients sent and the server could read, by type; messages are `message`",
      label: "type",
    });
    this.#refusals = new Tally(registry, {
      name: "hubbub_refusals_total",
      help: "Errors that clients were sent, by code",
      label: "code",
    });
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
}
