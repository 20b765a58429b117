import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { systemClock } from "../../actors/clock.ts";
import { missingPrograms } from "../../backends/program.ts";
import type { BackendServer } from "../../backends/backend_server.ts";
import { REDIS_PROGRAMS, startRedis } from "../../backends/redis.ts";
import { PROBE_EVERY_MS, PROBES_MISSED } from "../../redis/link.ts";
import { RedisBus, type RedisBusOptions } from "../../redis/redis_bus.ts";
import { HeldClock } from "../chat/held_clock.ts";
import { PATIENCE_MS } from "../patience.ts";

const ignore = missingPrograms(...REDIS_PROGRAMS).length > 0;
/** A frozen server is noticed within that. */
const NOTICED_MAX_MS = 5_000;

/** A bus and what it tells, with a way to wait for it. */
class Heard {
  readonly words: string[] = [];
  readonly states: string[] = [];
  readonly listening: string[] = [];
  readonly lagsMs: number[] = [];
  readonly bus: RedisBus;
  #changed = Promise.withResolvers<void>();

  constructor(
    url: string,
    channels: readonly string[] = [],
    changes: Partial<RedisBusOptions> = {},
  ) {
    this.bus = new RedisBus({ url, clock: systemClock, ...changes });
    for (const channel of channels) this.bus.subscribe(channel);
    this.bus.open({
      received: (channel, text) => this.#note(this.words, `${channel} ${text}`),
      subscribed: (channels) => this.#note(this.listening, ...channels),
      changed: (state) => this.#note(this.states, state.up ? "up" : `away: ${state.why}`),
      took: (ms) => this.#note(this.lagsMs, ms),
    });
  }

  /** Waits until it holds; fails when it does not. */
  async until(holds: () => boolean, what: string): Promise<void> {
    const startMs = performance.now();
    while (!holds()) {
      const leftMs = startMs + PATIENCE_MS - performance.now();
      assert(leftMs > 0, `${what}: not within ${PATIENCE_MS} ms; ${this.states.join(", ")}`);
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<void>((resolve) => timer = setTimeout(resolve, leftMs));
      await Promise.race([this.#changed.promise, late]);
      clearTimeout(timer);
    }
  }

  get isUp(): boolean {
    return this.states.at(-1) === "up";
  }

  #note<T>(list: T[], ...items: T[]): void {
    list.push(...items);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

function withRedis(name: string, run: (redis: BackendServer) => Promise<void>): void {
  Deno.test({
    name,
    ignore,
    async fn() {
      await using redis = await startRedis();
      await run(redis);
    },
  });
}

/** Says something to the server itself, as `redis-cli` does. */
async function tell(redis: BackendServer, command: string): Promise<void> {
  const connection = await Deno.connect(redis);
  await connection.write(new TextEncoder().encode(`${command}\r\n`));
  await connection.read(new Uint8Array(256));
  connection.close();
}

withRedis("what one node publishes comes to all that listen, and to nobody else", async (redis) => {
  const [one, two] = [new Heard(redis.url(), ["a"]), new Heard(redis.url(), ["a", "b"])];
  await one.until(() => one.isUp, "up");
  await two.until(() => two.isUp, "up");
  assert(two.bus.publish("a", "to both"));
  assert(one.bus.publish("b", "to one, with é and\nlines"));
  await two.until(() => two.words.length === 2, "words");
  await one.until(() => one.words.length === 1, "a word");
  assertEquals([one.words, two.words.sort()], [["a to both"], [
    "a to both",
    "b to one, with é and\nlines",
  ]]);
  two.bus.subscribe("c");
  await two.until(() => two.listening.includes("c"), "listening");
  two.bus.unsubscribe("a");
  one.bus.publish("a", "not heard");
  one.bus.publish("c", "heard");
  await two.until(() => two.words.includes("c heard"), "a word");
  assert(!two.words.includes("a not heard"));
  await one.until(() => one.lagsMs.length > 0, "a lag");
  await Promise.all([one.bus.close(), two.bus.close()]);
});

withRedis(
  "installations that share a Redis by different numbers do not hear each other",
  async (redis) => {
    const [one, two] = [new Heard(`${redis.url()}/1`, ["a"]), new Heard(`${redis.url()}/2`, ["a"])];
    await one.until(() => one.isUp, "up");
    await two.until(() => two.isUp, "up");
    one.bus.publish("a", "of one");
    two.bus.publish("a", "of two");
    await one.until(() => one.words.length > 0, "a word");
    await two.until(() => two.words.length > 0, "a word");
    assertEquals([one.words, two.words], [["a of one"], ["a of two"]]);
    await Promise.all([one.bus.close(), two.bus.close()]);
  },
);

withRedis(
  "a killed server is noticed at once, and back when it is; nothing is kept meanwhile",
  async (redis) => {
    // Without probes: the end of the connection says it.
    const one = new Heard(redis.url(), ["a"], { clock: new HeldClock(PROBE_EVERY_MS) });
    await one.until(() => one.lagsMs.length > 0, "the first probe's answer");
    await redis.kill();
    await one.until(() => !one.isUp, "noticed");
    one.bus.subscribe("b");
    assertEquals(one.bus.publish("a", "lost"), false);
    await redis.start();
    await one.until(() => one.isUp && one.listening.includes("b"), "back");
    one.bus.publish("a", "after");
    one.bus.publish("b", "after");
    await one.until(() => one.words.length === 2, "words");
    assertEquals(one.words, ["a after", "b after"]);
    // It may be tried before the port is shut.
    const away = one.states.slice(1, -1);
    assertEquals(away.length, new Set(away).size, "told of each reason once");
    assertEquals(one.states.filter((state) => state === "up").length, 2);
    await one.bus.close();
  },
);

withRedis("a server that comes back and refuses the password says so", async (redis) => {
  const one = new Heard(redis.url());
  await one.until(() => one.isUp, "up");
  await tell(redis, "CONFIG SET requirepass new");
  await tell(redis, "AUTH new\r\nCLIENT KILL TYPE pubsub");
  await one.until(() => one.states.at(-1)?.startsWith("away: NOAUTH") === true, "told why");
  await one.bus.close();
});

withRedis(
  "a frozen server is noticed within five seconds, and back when it is thawed",
  async (redis) => {
    const clock = new HeldClock(PROBE_EVERY_MS);
    const one = new Heard(redis.url(), ["a"], { clock });
    await one.until(() => one.lagsMs.length > 0, "the first probe's answer");
    await redis.freeze();
    for (let missed = 0; missed < PROBES_MISSED; missed++) clock.runOff();
    assert(one.bus.publish("b", "x"), "a server that is slow for a moment is not gone");
    clock.runOff();
    // By them, and not by the client's own time-out, seconds later.
    await one.until(() => one.states.includes("away: Redis does not answer"), "told");
    assert((PROBES_MISSED + 1) * PROBE_EVERY_MS < NOTICED_MAX_MS);
    assertEquals(one.bus.publish("a", "lost"), false);
    redis.thaw();
    await one.until(() => one.isUp, "back");
    one.bus.publish("a", "after");
    await one.until(() => one.words.includes("a after"), "a word");
    await one.bus.close();
  },
);

withRedis(
  "subscribers that the server throws out come back and listen where they did",
  async (redis) => {
    const one = new Heard(redis.url(), ["a", "b"]);
    await one.until(() => one.isUp, "up");
    one.listening.length = 0;
    await tell(redis, "CLIENT KILL TYPE pubsub");
    await one.until(() => one.states.length === 3, "back");
    await one.until(() => one.listening.length === 2, "listening");
    one.bus.publish("b", "after");
    await one.until(() => one.words.includes("b after"), "a word");
    await one.bus.close();
  },
);

withRedis("more than a slow server can take is refused, in bounded memory", async (redis) => {
  const one = new Heard(redis.url());
  await one.until(() => one.isUp, "up");
  await redis.freeze();
  const text = "x".repeat(64 * 1024);
  let taken = 0;
  while (taken < 10_000 && one.bus.publish("a", text)) taken++;
  assert(taken > 10 && taken * text.length <= 8 * 1024 * 1024, `took ${taken}`);
  redis.thaw();
  await one.bus.close();
});

Deno.test({
  name: "a bus whose server is not there is closed at once, and leaves nothing",
  ignore,
  async fn() {
    // Only what it waits for before it tries again would run off some day.
    const [random, backoffMs] = [() => 0.5, 50];
    const clock = new HeldClock(backoffMs);
    const one = new Heard("redis://127.0.0.1:1", ["a"], { clock, random });
    await one.until(() => one.states.length > 0, "told");
    assertEquals([one.isUp, one.bus.publish("a", "x")], [false, false]);
    await clock.holds(1);
    await deadline(one.bus.close(), PATIENCE_MS);
  },
});
