import { createClient } from "@redis/client";
import type { Clock } from "../actors/clock.ts";
import type { SharedKeys } from "../actors/shared_keys.ts";
import { type RedisAddress, tlsOptions } from "./address.ts";

/** Whoever asks is waited for by somebody who is coming in. */
const ANSWER_TIMEOUT_MS = 1_000;
/** A timer that is as late as this says that it was this process that stood still. */
const HELD_MS = 100;
const CONNECT_TIMEOUT_MS = 4_000;
/** A frozen server is found by what it does not answer. */
const SILENT_TIMEOUT_MS = 6_000;
/** Commands under way at most; more are refused. */
const UNDER_WAY_MAX = 20_000;
/** The longest wait before the first attempt to connect again; it doubles with each that fails. */
const BACKOFF_MS = 100;
const BACKOFF_MAX_MS = 3_000;

/** In one step, or two nodes could both find it free. */
const CLAIM = `local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;
const RELEASE = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

export interface RedisKeysOptions extends RedisAddress {
  readonly clock: Clock;
  /** From 0 to below 1. */
  random?(): number;
}

/**
 * Keys in Redis, each with an end. Connects, and connects again, by itself; meanwhile, and when
 * Redis does not answer within a second, whoever asks is told so.
 */
export class RedisKeys implements SharedKeys {
  readonly #closing = Promise.withResolvers<void>();
  readonly #running: Promise<void>;
  #client: ReturnType<typeof newClient> | undefined;
  #cancelPause = () => {};
  #underWay = 0;

  constructor(readonly options: RedisKeysOptions) {
    this.#running = this.#run();
  }

  get up(): boolean {
    return this.#client?.isReady ?? false;
  }

  async claim(key: string, owner: string, forMs: number): Promise<boolean> {
    return await this.#ask(["EVAL", CLAIM, "1", named(key), owner, String(forMs)]) === 1;
  }

  async release(key: string, owner: string): Promise<void> {
    await this.#ask(["EVAL", RELEASE, "1", named(key), owner]);
  }

  async put(key: string, value: string, forMs: number): Promise<void> {
    await this.#ask(["SET", named(key), value, "PX", String(forMs)]);
  }

  async takeOut(key: string): Promise<string | undefined> {
    const value = await this.#ask(["GETDEL", named(key)]);
    return typeof value === "string" ? value : undefined;
  }

  async close(): Promise<void> {
    this.#closing.resolve();
    this.#cancelPause();
    await this.#running;
  }

  async #run(): Promise<void> {
    let closed = false;
    const closing = this.#closing.promise.then(() => closed = true);
    for (let failures = 0; !closed; failures++) {
      const client = newClient(this.options);
      const ended = Promise.withResolvers<void>();
      // The bus, which loses the same server, says so; here it is felt by those who ask.
      client.on("error", () => ended.resolve());
      client.on("end", () => ended.resolve());
      try {
        await Promise.race([client.connect(), closing]);
        this.#client = client;
        failures = 0;
        await Promise.race([ended.promise, closing]);
      } catch {
        // Tried again.
      }
      this.#client = undefined;
      destroy(client);
      await this.#pause(failures, closing);
    }
  }

  /** Full jitter: nodes that lost the same Redis do not come back to it at the same time. */
  async #pause(failures: number, closing: Promise<unknown>): Promise<void> {
    const { clock, random = Math.random } = this.options;
    const waitMs = random() * Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 2 ** Math.min(failures, 10));
    const over = Promise.withResolvers<void>();
    this.#cancelPause = clock.after(waitMs, over.resolve);
    await Promise.race([over.promise, closing]);
    this.#cancelPause();
  }

  #ask(command: readonly string[]): Promise<unknown> {
    const client = this.#client;
    if (!client?.isReady) return Promise.reject(new Error("Redis is away"));
    if (this.#underWay >= UNDER_WAY_MAX) return Promise.reject(new Error("Redis is busy"));
    this.#underWay++;
    return new Promise((resolve, reject) => {
      const { clock } = this.options;
      let cancel = () => {};
      const wait = (again: boolean) => {
        const dueMs = clock.monotonic() + ANSWER_TIMEOUT_MS;
        cancel = clock.after(ANSWER_TIMEOUT_MS, () => {
          // Then the answer may be there and not read yet. Once: somebody is waiting.
          if (!again && clock.monotonic() - dueMs > HELD_MS) return wait(true);
          reject(new Error(`Redis did not answer within ${ANSWER_TIMEOUT_MS} ms`));
        });
      };
      wait(false);
      client.sendCommand([...command]).then(resolve, reject).finally(() => {
        cancel();
        this.#underWay--;
      });
    });
  }
}

function newClient(address: RedisAddress) {
  return createClient({
    url: address.url,
    RESP: 2,
    socket: {
      ...tlsOptions(address),
      connectTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SILENT_TIMEOUT_MS,
      reconnectStrategy: false,
    },
    pingInterval: SILENT_TIMEOUT_MS / 3,
    disableOfflineQueue: true,
    maintNotifications: "disabled",
  });
}

/** Also when its connection has ended already: its timers have not. */
function destroy(client: ReturnType<typeof newClient>): void {
  try {
    client.destroy();
  } catch {
    // There was nothing left to cut.
  }
}

/** Beside whatever else is in that database. */
function named(key: string): string {
  return `hubbub:${key}`;
}
