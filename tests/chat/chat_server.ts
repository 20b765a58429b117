import { makeSecrets, secretsInMemory } from "../../accounts/secrets.ts";
import { type Server, type ServerOptions, startServer } from "../../server.ts";
import { DEFAULT_LIMITS } from "../../protocol/limits.ts";
import { openMemory } from "../../store/memory.ts";
import type { Store } from "../../store/store.ts";
import { listenGuarded } from "../../transport/guarded.ts";
import { listenNative } from "../../transport/native.ts";

export const TRANSPORTS = ["native", "guarded"] as const;
export type TransportKind = typeof TRANSPORTS[number];

/** A server of a test's own, in this process, on a free port. Ends with `await using`. */
export interface ChatServer extends AsyncDisposable {
  readonly server: Server;
  readonly store: Store;
  readonly http: string;
  readonly ws: string;
  /** What went wrong inside: a test that expects nothing looks that this is empty. */
  readonly failures: { error: unknown; what: string }[];
}

export async function startChat(
  transport: TransportKind = "native",
  changes: Partial<ServerOptions> = {},
): Promise<ChatServer> {
  const store = changes.store ?? await openMemory();
  const failures: { error: unknown; what: string }[] = [];
  const server = await startServer({
    store,
    listen: transport === "native" ? listenNative : listenGuarded,
    hostname: "127.0.0.1",
    port: 0,
    version: "0.0.0-test",
    limits: { ...DEFAULT_LIMITS, ratePerSecond: 0 },
    origins: [],
    trustedProxies: [],
    guests: true,
    registration: "open",
    secrets: secretsInMemory(makeSecrets(Date.now())),
    maxConnections: 5_000,
    maxPerAddress: 0,
    statics: `${import.meta.dirname}/../../static`,
    onFailure: (error, what) => failures.push({ error, what }),
    onGivenUp: (actor, error) => failures.push({ error, what: `${actor} was given up` }),
    ...changes,
  });
  const address = `127.0.0.1:${server.port}`;
  return {
    server,
    store,
    http: `http://${address}`,
    ws: `ws://${address}/ws`,
    failures,
    [Symbol.asyncDispose]: () => server.stop(4_000),
  };
}
