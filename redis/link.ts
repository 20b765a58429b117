import { createClient } from "@redis/client";
import type { Clock } from "../actors/clock.ts";
import { type RedisAddress, tlsOptions } from "./address.ts";
import { requireVersion } from "./version.ts";

/** Connecting, greeting and subscribing to everything takes no longer, or is given up. */
const CONNECT_TIMEOUT_MS = 4_000;
/** How often a word is sent round from the publishing to the subscribing connection. */
export const PROBE_EVERY_MS = 1_000;
/** So many probes in a row without an answer, and the server is taken for gone: 3 to 4 s. */
export const PROBES_MISSED = 3;
/** Most characters and publications that were handed to the client and not answered yet. */
const IN_FLIGHT_MAX_CHARS = 8 * 1024 * 1024;
const IN_FLIGHT_MAX = 16_384;
/** Channels in one SUBSCRIBE. */
const SUBSCRIBE_STEP = 500;

export interface LinkOptions extends RedisAddress {
  readonly clock: Clock;
  /** A channel that nobody else listens to. */
  readonly probeChannel: string;
  received(channel: string, text: string): void;
  /** How long a word took from this process to itself. */
  took(ms: number): void;
}

/**
 * Two connections to one Redis, one that publishes and one that is subscribed; they live and die
 * together. A link that has ended is thrown away, and nothing waits in it for better times.
 */
export class Link {
  readonly #publisher;
  readonly #subscriber;
  readonly #ended = Promise.withResolvers<string>();
  #state: "connecting" | "up" | "ended" = "connecting";
  #inFlight = 0;
  #inFlightChars = 0;
  #probedMs = 0;
  #missed = 0;
  #cancel = () => {};

  constructor(readonly options: LinkOptions) {
    this.#publisher = this.#client();
    this.#subscriber = this.#client();
  }

  /** Why it ended, once it has. */
  get ended(): Promise<string> {
    return this.#ended.promise;
  }

  get up(): boolean {
    return this.#state === "up";
  }

  /** Resolves when both connections stand and what is published to `channels` comes. */
  async connect(channels: readonly string[]): Promise<void> {
    this.#cancel = this.options.clock.after(
      CONNECT_TIMEOUT_MS,
      () => this.end(`no connection within ${CONNECT_TIMEOUT_MS / 1_000} s`),
    );
    const failed = this.ended.then((why) => Promise.reject(new Error(why)));
    await Promise.race([this.#connect(channels), failed]);
    this.#cancel();
    this.#state = "up";
    this.#probe();
  }

  /** False: not taken, because it is not up or too much is under way. */
  publish(channel: string, text: string): boolean {
    const fits = this.#inFlight < IN_FLIGHT_MAX &&
      this.#inFlightChars + text.length <= IN_FLIGHT_MAX_CHARS;
    if (this.#state !== "up" || !fits) return false;
    this.#inFlight++;
    this.#inFlightChars += text.length;
    const answered = () => {
      this.#inFlight--;
      this.#inFlightChars -= text.length;
    };
    this.#publisher.sendCommand(["PUBLISH", channel, text]).then(answered, (error) => {
      answered();
      this.end(reason(error));
    });
    return true;
  }

  async subscribe(channels: readonly string[]): Promise<void> {
    for (let at = 0; at < channels.length; at += SUBSCRIBE_STEP) {
      await this.#subscriber.subscribe(channels.slice(at, at + SUBSCRIBE_STEP), this.#onMessage);
    }
  }

  unsubscribe(channel: string): void {
    this.#subscriber.unsubscribe(channel).catch((error) => this.end(reason(error)));
  }

  /** Resolves when what was handed to it so far is answered, or it has ended. */
  async flushed(): Promise<void> {
    if (this.#state !== "up") return;
    const answered = this.#publisher.sendCommand(["PING"]).then(() => {}, () => {});
    await Promise.race([answered, this.ended]);
  }

  /** Cuts both connections. The first reason counts. Safe twice. */
  end(why: string): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#cancel();
    this.#publisher.destroy();
    this.#subscriber.destroy();
    this.#ended.resolve(why);
  }

  async #connect(channels: readonly string[]): Promise<void> {
    await Promise.all([this.#publisher.connect(), this.#subscriber.connect()]);
    await requireVersion((command) => this.#publisher.sendCommand([...command]));
    await this.subscribe([this.options.probeChannel, ...channels]);
  }

  #client() {
    const client = createClient({
      url: this.options.url,
      RESP: 2,
      socket: {
        ...tlsOptions(this.options),
        connectTimeout: CONNECT_TIMEOUT_MS,
        // The probe comes first; this is for what it does not see.
        socketTimeout: 2 * PROBES_MISSED * PROBE_EVERY_MS,
        // A client that connected again by itself would publish what it had queued meanwhile.
        reconnectStrategy: false,
      },
      disableOfflineQueue: true,
      maintNotifications: "disabled",
    });
    client.on("error", (error) => this.end(reason(error)));
    client.on("end", () => this.end("the connection ended"));
    return client;
  }

  readonly #onMessage = (text: string, channel: string): void => {
    if (channel !== this.options.probeChannel) return this.options.received(channel, text);
    this.#missed = 0;
    // What an earlier probe of this link took is too late to be told.
    if (Number(text) === this.#probedMs) {
      this.options.took(this.options.clock.monotonic() - this.#probedMs);
    }
  };

  /** Counted in probes, not in time: who was stopped itself blames nobody. */
  #probe(): void {
    if (this.#missed++ >= PROBES_MISSED) return this.end("Redis does not answer");
    this.#probedMs = this.options.clock.monotonic();
    if (!this.publish(this.options.probeChannel, String(this.#probedMs))) {
      return this.end("Redis takes nothing more");
    }
    this.#cancel = this.options.clock.after(PROBE_EVERY_MS, () => this.#probe());
  }
}

function reason(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reason(error.errors[0]);
  return error instanceof Error ? error.message || error.name : String(error);
}
