import { createClient } from "@redis/client";
import type { Clock } from "../actors/clock.ts";
import type { SharedKeys } from "../actors/shared_keys.ts";

/** Whoever asks is waited for by somebody who is coming in. */
const ANSWER_TIMEOUT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 4_000;
const SILENT_TIMEOUT_MS = 6_000;
/** Commands under way at most; more are refused. */
const UNDER_WAY_MAX = 20_000;
const BACKOFF_MS = 100;
const BACKOFF_MAX_MS = 3_000;

/** In one step, or two nodes could both find it free. */
const CLAIM = `local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;
const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`;

export interface RedisKeysOptions {
  /** `redis://[[user]:password@]host[:port][/database]`, or `rediss://` over TLS. */
  readonly url: string;
  readonly clock: Clock;
}

/**
 * Keys in Redis, all of them with an end. Connects again by itself; meanwhile, and when Redis does
 * not answer within a second, whoever asks is told so. `open` is called once, before anything else.
 */
export class RedisKeys implements SharedKeys {
  readonly #client;
  #underWay = 0;

  constructor(readonly options: RedisKeysOptions) {
    this.#client = createClient({
      url: options.url,
      RESP: 2,
      socket: {
        connectTimeout: CONNECT_TIMEOUT_MS,
        // A frozen server is found by what it does not answer.
        socketTimeout: SILENT_TIMEOUT_MS,
        reconnectStrategy: (retries) =>
          Math.random() * Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 2 ** Math.min(retries, 10)),
      },
      pingInterval: SILENT_TIMEOUT_MS / 3,
      disableOfflineQueue: true,
      maintNotifications: "disabled",
    });
    // The bus, which loses the same server, says so; here it is felt by those who ask.
    this.#client.on("error", () => {});
  }

  /** Does not wait for the connection. */
  open(): void {
    this.#client.connect().catch(() => {});
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

  close(): Promise<void> {
    this.#client.destroy();
    return Promise.resolve();
  }

  #ask(command: readonly string[]): Promise<unknown> {
    if (!this.#client.isReady) return Promise.reject(new Error("Redis is away"));
    if (this.#underWay >= UNDER_WAY_MAX) return Promise.reject(new Error("Redis is busy"));
    this.#underWay++;
    return new Promise((resolve, reject) => {
      const cancel = this.options.clock.after(
        ANSWER_TIMEOUT_MS,
        () => reject(new Error(`Redis did not answer within ${ANSWER_TIMEOUT_MS} ms`)),
      );
      this.#client.sendCommand([...command]).then(resolve, reject).finally(() => {
        cancel();
        this.#underWay--;
      });
    });
  }
}

/** Beside whatever else is in that database. */
function named(key: string): string {
  return `hubbub:${key}`;
}
