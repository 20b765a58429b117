import type { Bus, BusListener } from "../actors/bus.ts";
import type { Clock } from "../actors/clock.ts";
import type { RedisAddress } from "./address.ts";
import { Link } from "./link.ts";

/** The longest wait before the first attempt to connect again; it doubles with each that fails. */
const BACKOFF_MS = 100;
const BACKOFF_MAX_MS = 3_000;
/** How long a stop waits for the last words to leave. */
const FLUSH_TIMEOUT_MS = 500;

export interface RedisBusOptions extends RedisAddress {
  readonly clock: Clock;
  /** From 0 to below 1. */
  random?(): number;
}

/**
 * The bus between nodes over Redis' publish and subscribe. It keeps nothing there: no key is
 * written. Channels are known to Redis without their database, so its number is part of their
 * names: installations that share a Redis take different ones.
 */
export class RedisBus implements Bus {
  readonly #prefix: string;
  readonly #channels = new Set<string>();
  readonly #closing = Promise.withResolvers<void>();
  #listener: BusListener | undefined;
  #link: Link | undefined;
  readonly #timers = new Set<() => void>();
  #running: Promise<void> = Promise.resolve();

  constructor(readonly options: RedisBusOptions) {
    const database = new URL(options.url).pathname.slice(1) || "0";
    this.#prefix = `hubbub:${database}:`;
  }

  open(listener: BusListener): void {
    this.#listener = listener;
    this.#running = this.#run();
  }

  publish(channel: string, text: string): boolean {
    return this.#link?.publish(this.#prefix + channel, text) ?? false;
  }

  subscribe(channel: string): void {
    if (this.#channels.has(channel)) return;
    this.#channels.add(channel);
    if (this.#link?.up) this.#subscribe(this.#link, [channel]);
  }

  unsubscribe(channel: string): void {
    if (!this.#channels.delete(channel)) return;
    if (this.#link?.up) this.#link.unsubscribe(this.#prefix + channel);
  }

  async close(): Promise<void> {
    this.#listener = undefined;
    const link = this.#link;
    if (link) await Promise.race([link.flushed(), this.#after(FLUSH_TIMEOUT_MS)]);
    this.#closing.resolve();
    link?.end("closed");
    await this.#running;
  }

  /** Connects, again and again, until it is closed. */
  async #run(): Promise<void> {
    let closed = false;
    const closing = this.#closing.promise.then(() => closed = true);
    let failures = 0;
    let toldWhy: string | undefined;
    while (!closed) {
      const link = this.#link = this.#newLink();
      if (await this.#connect(link)) {
        failures = 0;
        toldWhy = undefined;
      }
      const why = await link.ended;
      // Who took a server away may bring back one that refuses the password.
      if (why !== toldWhy) this.#listener?.changed({ up: false, why });
      toldWhy = why;
      await Promise.race([closing, this.#after(this.#backoffMs(failures++))]);
    }
    for (const cancel of this.#timers) cancel();
  }

  #newLink(): Link {
    const { url, ca, clock } = this.options;
    return new Link({
      url,
      ca,
      clock,
      probeChannel: `${this.#prefix}probe:${crypto.randomUUID()}`,
      received: (channel, text) => {
        const name = channel.slice(this.#prefix.length);
        // What it is not subscribed to any more may still be on its way.
        if (this.#channels.has(name)) this.#listener?.received(name, text);
      },
      took: (ms) => this.#listener?.took(ms),
    });
  }

  /** False: it has ended instead. */
  async #connect(link: Link): Promise<boolean> {
    const wanted = new Set(this.#channels);
    try {
      await link.connect([...wanted].map((channel) => this.#prefix + channel));
    } catch (error) {
      link.end(error instanceof Error ? error.message : String(error));
      return false;
    }
    for (const channel of wanted.difference(this.#channels)) {
      link.unsubscribe(this.#prefix + channel);
    }
    const meanwhile = this.#channels.difference(wanted);
    this.#listener?.changed({ up: true });
    this.#listener?.subscribed([...wanted.intersection(this.#channels)]);
    if (meanwhile.size > 0) this.#subscribe(link, [...meanwhile]);
    return true;
  }

  #subscribe(link: Link, channels: readonly string[]): void {
    link.subscribe(channels.map((channel) => this.#prefix + channel)).then(
      () => this.#listener?.subscribed(channels.filter((channel) => this.#channels.has(channel))),
      (error) => link.end(error instanceof Error ? error.message : String(error)),
    );
  }

  /** Full jitter: nodes that lost the same Redis do not come back to it at the same time. */
  #backoffMs(failures: number): number {
    const { random = Math.random } = this.options;
    return random() * Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 2 ** Math.min(failures, 10));
  }

  #after(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.options.clock.after(ms, () => {
        this.#timers.delete(cancel);
        resolve();
      });
      this.#timers.add(cancel);
    });
  }
}
