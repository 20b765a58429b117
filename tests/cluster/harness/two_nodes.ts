import { deadline } from "@std/async/deadline";
import { makeSecrets, secretsInMemory } from "../../../accounts/secrets.ts";
import { systemClock } from "../../../actors/clock.ts";
import type { BackendServer } from "../../../backends/backend_server.ts";
import { startRedis } from "../../../backends/redis.ts";
import { openRedis } from "../../../redis/redis.ts";
import type { ServerOptions } from "../../../server.ts";
import { openMemory } from "../../../store/memory.ts";
import type { Store } from "../../../store/store.ts";
import { type ChatServer, startChat } from "../../chat/chat_server.ts";
import { PATIENCE_MS } from "../../patience.ts";

/** Two nodes in this process, on one store in memory and a Redis of the test's own. */
export interface TwoNodes extends AsyncDisposable {
  readonly redis: BackendServer;
  readonly store: Store;
  readonly here: ChatServer;
  readonly there: ChatServer;
  /** Resolves when the store has answered this node's next question of that kind. */
  answered(node: "here" | "there", what: keyof Store): Promise<void>;
}

export async function startTwoNodes(changes: Partial<ServerOptions> = {}): Promise<TwoNodes> {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await startRedis());
  const store = await openMemory();
  stack.defer(() => store.close());
  const secrets = secretsInMemory(makeSecrets(Date.now()));
  const answers = new EventTarget();
  const answered: TwoNodes["answered"] = (node, what) =>
    deadline(
      new Promise((resolve) =>
        answers.addEventListener(`${node} ${what}`, () => resolve(), { once: true })
      ),
      PATIENCE_MS,
    );
  const node = async (name: string) =>
    stack.use(
      await startChat("native", {
        // Each node closes what it has of the store; the whole goes in the end.
        store: new Proxy(store, {
          get: (target, key) => {
            if (key === "close") return () => Promise.resolve();
            const value = Reflect.get(target, key);
            if (typeof value !== "function") return value;
            return async (...questions: unknown[]) => {
              const answer = await Reflect.apply(value, target, questions);
              answers.dispatchEvent(new Event(`${name} ${String(key)}`));
              return answer;
            };
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
  return { redis, store, here, there, answered, [Symbol.asyncDispose]: () => all.disposeAsync() };
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
