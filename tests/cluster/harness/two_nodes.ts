import { makeSecrets, secretsInMemory } from "../../../accounts/secrets.ts";
import { systemClock } from "../../../actors/clock.ts";
import type { BackendServer } from "../../../backends/backend_server.ts";
import { startRedis } from "../../../backends/redis.ts";
import { openRedis } from "../../../redis/redis.ts";
import type { ServerOptions } from "../../../server.ts";
import { openMemory } from "../../../store/memory.ts";
import type { Store } from "../../../store/store.ts";
import { type ChatServer, startChat } from "../../chat/chat_server.ts";

/** Two nodes in this process, on one store in memory and a Redis of the test's own. */
export interface TwoNodes extends AsyncDisposable {
  readonly redis: BackendServer;
  readonly store: Store;
  readonly here: ChatServer;
  readonly there: ChatServer;
}

export async function startTwoNodes(changes: Partial<ServerOptions> = {}): Promise<TwoNodes> {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await startRedis());
  const store = await openMemory();
  stack.defer(() => store.close());
  const secrets = secretsInMemory(makeSecrets(Date.now()));
  const node = async (name: string) =>
    stack.use(
      await startChat("native", {
        // Each node closes what it has of the store; the whole goes in the end.
        store: new Proxy(store, {
          get: (target, key) => {
            if (key === "close") return () => Promise.resolve();
            const value = Reflect.get(target, key);
            return typeof value === "function" ? value.bind(target) : value;
          },
        }),
        cluster: openRedis({ url: redis.url(), clock: systemClock }),
        node: name,
        secrets,
        ...changes,
      }),
    );
  const [here, there] = [await node("here"), await node("there")];
  for (const { http } of [here, there]) await isReady(http);
  const all = stack.move();
  return { redis, store, here, there, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** Resolves when the node may be sent people. */
export async function isReady(http: string): Promise<void> {
  for (;;) {
    const response = await fetch(`${http}/readyz`);
    await response.body?.cancel();
    if (response.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
