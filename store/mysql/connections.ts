import { StoreError } from "../store.ts";
import { Connection, type MysqlAddress } from "./connection.ts";

/** Opening one, the server's greeting and the session's settings included. */
const CONNECT_TIMEOUT_MS = 2_000;
/** One that was idle for longer may be dead without knowing it; a new one costs a few ms. */
const IDLE_MAX_MS = 5_000;

/** Trying again would only be one more that waits. */
export class Crowded extends StoreError {
  constructor() {
    super("unreachable", "too many wait for the database");
  }
}

interface Waiter {
  /** With a connection, or without: there is room to open one. */
  resolve(connection: Connection | undefined): void;
  reject(error: StoreError): void;
}

/**
 * A bounded number of connections, opened when needed. mysql2 has a pool, too; it neither bounds
 * how long one waits in it nor lets a session be set up before it is used.
 */
export class Connections {
  readonly #address: MysqlAddress;
  readonly #most: number;
  readonly #waitersMost: number;
  readonly #idle: Connection[] = [];
  readonly #waiters: Waiter[] = [];
  /** Open ones and those about to be. */
  #count = 0;
  #isClosed = false;

  constructor(address: MysqlAddress, most: number, waitersMost: number) {
    this.#address = address;
    this.#most = most;
    this.#waitersMost = waitersMost;
  }

  /**
   * Lends a connection to `work`. Throws `StoreError` `unreachable` when none was free, or could be
   * opened, until `deadlineMs` (of `performance.now()`).
   */
  async use<T>(deadlineMs: number, work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.#acquire(deadlineMs);
    try {
      return await work(connection);
    } finally {
      this.#release(connection);
    }
  }

  /** Every lent one is closed when it comes back. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(closed());
    await Promise.all(this.#idle.splice(0).map((connection) => connection.close()));
  }

  async #acquire(deadlineMs: number): Promise<Connection> {
    if (this.#isClosed) throw closed();
    const idle = this.#takeIdle();
    if (idle) return idle;
    if (this.#count < this.#most) this.#count++;
    else {
      const handed = await this.#wait(deadlineMs);
      if (handed) return handed;
    }
    return await this.#open(deadlineMs);
  }

  #takeIdle(): Connection | undefined {
    for (let connection = this.#idle.pop(); connection; connection = this.#idle.pop()) {
      const idleMs = performance.now() - connection.idleSinceMs;
      if (!connection.isBroken && idleMs < IDLE_MAX_MS) return connection;
      connection.destroy();
      this.#count--;
    }
    return undefined;
  }

  /** Its place is counted already. */
  async #open(deadlineMs: number): Promise<Connection> {
    const timeoutMs = Math.min(CONNECT_TIMEOUT_MS, deadlineMs - performance.now());
    try {
      if (timeoutMs <= 0) throw new StoreError("unreachable", "no time is left to connect");
      return await Connection.open(this.#address, timeoutMs);
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  #wait(deadlineMs: number): Promise<Connection | undefined> {
    if (this.#waiters.length >= this.#waitersMost) {
      throw new Crowded();
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        resolve(connection) {
          clearTimeout(tooLate);
          resolve(connection);
        },
        reject(error) {
          clearTimeout(tooLate);
          reject(error);
        },
      };
      const tooLate = setTimeout(() => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(new StoreError("unreachable", "no connection to the database was free in time"));
      }, deadlineMs - performance.now());
      this.#waiters.push(waiter);
    });
  }

  #release(connection: Connection): void {
    if (connection.isBroken || this.#isClosed) {
      connection.destroy();
      this.#leave();
      return;
    }
    const waiter = this.#waiters.shift();
    if (waiter) return waiter.resolve(connection);
    connection.idleSinceMs = performance.now();
    this.#idle.push(connection);
  }

  /** A place is free: whoever waits longest may open one there. */
  #leave(): void {
    const waiter = this.#waiters.shift();
    if (waiter) waiter.resolve(undefined);
    else this.#count--;
  }
}

const closed = () => new StoreError("other", "the store is closed");
