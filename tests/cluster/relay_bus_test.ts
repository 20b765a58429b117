import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../../actors/clock.ts";
import { missingPrograms } from "../../backends/program.ts";
import { REDIS_PROGRAMS, type RedisServer, startRedis } from "../../backends/redis.ts";
import { PATIENCE_MS, STALL_MS } from "../patience.ts";
import { RedisBus } from "../../redis/redis_bus.ts";

const ignore = missingPrograms(...REDIS_PROGRAMS).length > 0;
/** A frozen server is noticed within 5 s. */
const NOTICED_MS = 5_000 + STALL_MS;
/** And a server that is back within seconds: the longest backoff, and connecting. */
const BACK_MS = PATIENCE_MS;
/** For who is to be waited for does not come. */
const CLOSED_MS = STALL_MS;

/** A bus and what it tells, with a way to wait for it. */
class Heard {
  readonly words: string[] = [];
  readonly states: string[] = [];
  readonly listening: string[] = [];
  readonly lagsMs: number[] = [];
  readonly bus: RedisBus;
  #changed = Promise.withResolvers<void>();

  constructor(url: string, ...channels: string[]) {
    this.bus = new RedisBus({ url, clock: systemClock });
    for (const channel of channels) this.bus.subscribe(channel);
    this.bus.open({
      received: (channel, text) => this.#note(this.words, `${channel} ${text}`),
      subscribed: (channels) => this.#note(this.listening, ...channels),
      changed: (state) => this.#note(this.states, state.up ? "up" : `away: ${state.why}`),
      took: (ms) => this.#note(this.lagsMs, ms),
    });
  }

  /** How long it took until what is asked for holds; fails when it does not. */
  async until(holds: () => boolean, withinMs: number, what: string): Promise<number> {
    const startMs = performance.now();
    while (!holds()) {
      const leftMs = startMs + withinMs - performance.now();
      assert(leftMs > 0, `${what}: not within ${withinMs} ms; ${this.states.join(", ")}`);
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<void>((resolve) => timer = setTimeout(resolve, leftMs));
      await Promise.race([this.#changed.promise, late]);
      clearTimeout(timer);
    }
    return performance.now() - startMs;
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

function withRedis(name: string, run: (redis: RedisServer) => Promise<void>): void {
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
async function tell(redis: RedisServer, command: string): Promise<void> {
  const connection = await Deno.connect(redis);
  await connection.write(new TextEncoder().encode(`${command}\r\n`));
  await connection.read(new Uint8Array(256));
  connection.close();
}

withRedis("what one node publishes comes to all that listen, and to nobody else", async (redis) => {
  const [one, two] = [new Heard(redis.url(), "a"), new Heard(redis.url(), "a", "b")];
  await one.until(() => one.isUp, BACK_MS, "up");
  await two.until(() => two.isUp, BACK_MS, "up");
  assert(two.bus.publish("a", "to both"));
  assert(one.bus.publish("b", "to one, with é and\nlines"));
  await two.until(() => two.words.length === 2, BACK_MS, "words");
  await one.until(() => one.words.length === 1, BACK_MS, "a word");
  assertEquals([one.words, two.words.sort()], [["a to both"], [
    "a to both",
    "b to one, with é and\nlines",
  ]]);
  two.bus.subscribe("c");
  await two.until(() => two.listening.includes("c"), BACK_MS, "listening");
  two.bus.unsubscribe("a");
  one.bus.publish("a", "not heard");
  one.bus.publish("c", "heard");
  await two.until(() => two.words.includes("c heard"), BACK_MS, "a word");
  assert(!two.words.includes("a not heard"));
  await one.until(() => one.lagsMs.length > 0, BACK_MS, "a lag");
  await Promise.all([one.bus.close(), two.bus.close()]);
});

withRedis(
  "installations that share a Redis by different numbers do not hear each other",
  async (redis) => {
    const [one, two] = [new Heard(`${redis.url()}/1`, "a"), new Heard(`${redis.url()}/2`, "a")];
    await one.until(() => one.isUp, BACK_MS, "up");
    await two.until(() => two.isUp, BACK_MS, "up");
    one.bus.publish("a", "of one");
    two.bus.publish("a", "of two");
    await one.until(() => one.words.length > 0, BACK_MS, "a word");
    await two.until(() => two.words.length > 0, BACK_MS, "a word");
    assertEquals([one.words, two.words], [["a of one"], ["a of two"]]);
    await Promise.all([one.bus.close(), two.bus.close()]);
  },
);

withRedis(
  "a killed server is noticed at once, and back when it is; nothing is kept meanwhile",
  async (redis) => {
    const one = new Heard(redis.url(), "a");
    await one.until(() => one.isUp, BACK_MS, "up");
    await redis.kill();
    await one.until(() => !one.isUp, NOTICED_MS, "noticed");
    one.bus.subscribe("b");
    assertEquals(one.bus.publish("a", "lost"), false);
    await redis.start();
    await one.until(() => one.isUp && one.listening.includes("b"), BACK_MS, "back");
    one.bus.publish("a", "after");
    one.bus.publish("b", "after");
    await one.until(() => one.words.length === 2, BACK_MS, "words");
    assertEquals(one.words, ["a after", "b after"]);
    assertEquals(one.states.length, 3, "told of each change once");
    await one.bus.close();
  },
);

withRedis(
  "a frozen server is noticed within five seconds, and back when it is thawed",
  async (redis) => {
    const one = new Heard(redis.url(), "a");
    await one.until(() => one.isUp, BACK_MS, "up");
    await redis.freeze();
    const noticedMs = await one.until(() => !one.isUp, NOTICED_MS, "noticed");
    assert(noticedMs > 500, "a server that is slow for a moment is not gone");
    assertEquals(one.bus.publish("a", "lost"), false);
    redis.thaw();
    await one.until(() => one.isUp, BACK_MS, "back");
    one.bus.publish("a", "after");
    await one.until(() => one.words.includes("a after"), BACK_MS, "a word");
    await one.bus.close();
  },
);

withRedis(
  "subscribers that the server throws out come back and listen where they did",
  async (redis) => {
    const one = new Heard(redis.url(), "a", "b");
    await one.until(() => one.isUp, BACK_MS, "up");
    one.listening.length = 0;
    await tell(redis, "CLIENT KILL TYPE pubsub");
    await one.until(() => one.states.length === 3, BACK_MS, "back");
    await one.until(() => one.listening.length === 2, BACK_MS, "listening");
    one.bus.publish("b", "after");
    await one.until(() => one.words.includes("b after"), BACK_MS, "a word");
    await one.bus.close();
  },
);

withRedis("more than a slow server can take is refused, in bounded memory", async (redis) => {
  const one = new Heard(redis.url());
  await one.until(() => one.isUp, BACK_MS, "up");
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
    const one = new Heard("redis://127.0.0.1:1", "a");
    await one.until(() => one.states.length > 0, BACK_MS, "told");
    assertEquals([one.isUp, one.bus.publish("a", "x")], [false, false]);
    const startMs = performance.now();
    await one.bus.close();
    assert(performance.now() - startMs < CLOSED_MS);
  },
});
