import { RedisBus, type RedisBusOptions } from "./redis_bus.ts";
import { RedisKeys } from "./redis_keys.ts";

/** All that nodes have in Redis. Connects, and goes on connecting, by itself. */
export function openRedis(options: RedisBusOptions): { bus: RedisBus; keys: RedisKeys } {
  return { bus: new RedisBus(options), keys: new RedisKeys(options) };
}
