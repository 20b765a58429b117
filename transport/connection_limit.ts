import type { Socket as TcpSocket } from "node:net";

/** Connections beyond the limit that are kept for a moment to be told so. */
export const SURPLUS_MAX = 64;
/** The listener opens again when no more than this many of them are left. */
const SURPLUS_LOW = SURPLUS_MAX / 2;
/** How long a surplus connection may last: enough for one short request. */
const SURPLUS_TIMEOUT_MS = 1_000;

/** The listening socket: while it is shut, the kernel refuses connections. */
export interface Gate {
  shut(): void;
  open(): void;
}

/**
 * Bounds the TCP connections of a server. Some more than the limit are accepted all the same, for
 * one request and a moment, so that they get an answer and a health check still finds the server
 * alive. With those used up the listener is shut until they are gone: accepting and closing would
 * run out of file descriptors first, and Deno's listener does not recover from that.
 */
export class ConnectionLimit {
  readonly #max: number;
  readonly #gate: Gate;
  readonly #regular = new Set<TcpSocket>();
  readonly #surplus = new Set<TcpSocket>();
  #shut = false;
  #drained: (() => void) | undefined;

  constructor(max: number, gate: Gate) {
    this.#max = max;
    this.#gate = gate;
  }

  add(tcp: TcpSocket): void {
    if (this.#regular.size >= this.#max) return this.#addSurplus(tcp);
    this.#regular.add(tcp);
    tcp.once("close", () => {
      this.#regular.delete(tcp);
      this.#closed();
    });
  }

  /** True: no WebSocket for this connection, and it ends with its first answer. */
  isSurplus(tcp: TcpSocket): boolean {
    return this.#surplus.has(tcp);
  }

  /** Resolves when no connection is left. To be called once. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#drained = resolve;
      this.#closed();
    });
  }

  destroyAll(): void {
    for (const tcp of [...this.#regular, ...this.#surplus]) tcp.destroy();
  }

  #addSurplus(tcp: TcpSocket): void {
    this.#surplus.add(tcp);
    if (this.#surplus.size >= SURPLUS_MAX && !this.#shut) {
      this.#shut = true;
      this.#gate.shut();
    }
    const timer = setTimeout(() => tcp.destroy(), SURPLUS_TIMEOUT_MS);
    tcp.once("close", () => {
      clearTimeout(timer);
      this.#surplus.delete(tcp);
      if (this.#shut && this.#surplus.size <= SURPLUS_LOW) {
        this.#shut = false;
        this.#gate.open();
      }
      this.#closed();
    });
  }

  #closed(): void {
    if (this.#regular.size + this.#surplus.size === 0) this.#drained?.();
  }
}
