import { systemClock } from "./actors/clock.ts";
import { makeSecrets, SecretsError, secretsInMemory } from "./accounts/secrets.ts";
import { secretsAt, secretsBeside } from "./accounts/secrets_file.ts";
import { type Configuration, parseConfiguration, VERSION } from "./configuration.ts";
import type { RedisLocation } from "./configuration/redis_url.ts";
import { type Log, logger, openLog } from "./logging/log.ts";
import { type Kept, maintain } from "./maintenance.ts";
import { Metrics } from "./metrics/metrics.ts";
import { type Server, startServer } from "./server.ts";
import type { Cluster } from "./serving/actors.ts";
import { openMemory } from "./store/memory.ts";
import { openSqlite } from "./store/sqlite.ts";
import { DEFAULT_STRANGER_LIMIT, type Store, StoreError } from "./store/store.ts";
import { chooseTransport } from "./transport/choose.ts";
import { listenGuarded } from "./transport/guarded.ts";
import { listenNative } from "./transport/native.ts";
import { Witness } from "./witness.ts";

/** How long a stop may take; what has not gone by then is left behind. */
const STOP_DEADLINE_MS = 8_000;

if (import.meta.main) {
  const configuration = parseConfiguration(Deno.args, Deno.env);
  if ("exit" in configuration) {
    if (configuration.exit === 0) console.log(configuration.text);
    else console.error(configuration.text);
    Deno.exit(configuration.exit);
  }
  try {
    await run(configuration);
  } catch (error) {
    console.error(`hubbub: ${explain(error, configuration)}`);
    Deno.exit(1);
  }
}

async function run(configuration: Configuration): Promise<void> {
  const { command, logLevel, logFormat } = configuration;
  const stderr = new TextEncoder();
  openLog({
    level: logLevel,
    format: logFormat,
    write: (line) => void Deno.stderr.writeSync(stderr.encode(line)),
  });
  if (command.kind === "migrate") {
    // Loaded only where it is used: a server pays nothing for it.
    const { runMigration } = await import("./migration/run.ts");
    Deno.exitCode = await runMigration(command, configuration.store);
    return;
  }
  if (command.kind === "start") requireSharedStore(configuration);
  else await requireStore(configuration);
  const kept = await openStore(configuration);
  if (command.kind === "start") return await serve(configuration, kept);
  try {
    const { lines, ok } = await maintain(kept, command);
    for (const line of lines) console.log(line);
    if (!ok) Deno.exitCode = 1;
  } finally {
    await kept.store.close();
  }
}

/** Who looks after a store makes none: at a mistyped path it would be new, empty and faultless. */
async function requireStore({ store }: Configuration): Promise<void> {
  if (store.kind === "memory") throw new Error("a store in memory has nothing to look after");
  if (store.kind === "mysql") return;
  try {
    await Deno.stat(store.path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`there is no database at ${store.path}; --store says where it is`);
  }
}

async function openStore(configuration: Configuration): Promise<Kept> {
  const { store: place, durability, command } = configuration;
  const strangerLimit = { ...DEFAULT_STRANGER_LIMIT, messages: configuration.strangerLimit };
  switch (place.kind) {
    case "memory":
      return {
        store: await openMemory({ strangerLimit }),
        secrets: secretsInMemory(makeSecrets(Date.now())),
      };
    case "sqlite": {
      const store = await openSqlite({ path: place.path, durability, strangerLimit });
      if (command.kind === "start") await requireWritable(store, place.path);
      return { store, secrets: secretsAt(secretsBeside(place.path)) };
    }
    case "mysql": {
      // Loaded only where it is used: a node with a file of its own pays nothing for it.
      const { openMysql } = await import("./store/mysql/mysql.ts");
      const ca = place.ca === undefined ? undefined : await Deno.readTextFile(place.ca);
      const store = await openMysql({
        ...place,
        tls: { mode: place.tls, ca },
        connections: place.pool,
        mustExist: command.kind !== "start",
        strangerLimit,
      });
      return { store, secrets: store };
    }
  }
}

/**
 * SQLite opens a file of somebody else's, as a restored one may be, and only reads it. What passes
 * by itself, a full disk or another's lock, is no reason not to serve: `/readyz` says it.
 */
async function requireWritable(store: Store, path: string): Promise<void> {
  try {
    await store.probe();
  } catch (error) {
    if (!(error instanceof StoreError) || error.failure !== "unwritable") return;
    await store.close();
    throw new StoreError("unwritable", `${path}: it may be read, but not written; whose is it?`);
  }
}

/** Nodes with stores of their own would show each other's people what was never said there. */
function requireSharedStore({ redis, store, command }: Configuration): void {
  if (redis === undefined || store.kind === "mysql" || command.kind !== "start") return;
  throw new Error("--redis is for several nodes on one store: it takes --store mysql://…");
}

/** Loaded only where there are several nodes: one alone pays nothing for it. */
async function openCluster(place: RedisLocation | undefined): Promise<Cluster | undefined> {
  if (place === undefined) return undefined;
  const { openRedis } = await import("./redis/redis.ts");
  const ca = place.ca === undefined ? undefined : await Deno.readTextFile(place.ca);
  return openRedis({ url: place.url, ca, clock: systemClock });
}

/** What this node is called where nobody says so. */
function nodeName(): string {
  const suffix = crypto.getRandomValues(new Uint8Array(2)).toHex();
  try {
    return `${Deno.hostname()}-${suffix}`;
  } catch (error) {
    // It may not ask for the host's name.
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    return `node-${suffix}`;
  }
}

async function serve(configuration: Configuration, { store, secrets }: Kept): Promise<void> {
  const log = logger("server");
  const witness = new Witness(new Metrics());
  const { host, port, origins, trustedProxies, limits, guests } = configuration;
  const { kind, why } = chooseTransport({
    transport: configuration.transport,
    hostname: host,
    trustProxy: trustedProxies.length > 0,
    origins,
  });
  // Where it came from is known to nobody by then; counted and survived, never the end of all.
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    witness.rejectionUnhandled(event.reason);
  });
  const server = await startServer({
    store,
    cluster: await openCluster(configuration.redis),
    node: configuration.node ?? nodeName(),
    listen: kind === "native" ? listenNative : listenGuarded,
    hostname: host,
    port,
    version: VERSION,
    limits,
    origins,
    trustedProxies,
    guests,
    registration: configuration.registration,
    secrets,
    maxConnections: configuration.maxConnections,
    maxPerAddress: configuration.maxPerAddress,
    statics: `${import.meta.dirname}/static`,
    witness,
    onGivenUp(actor, error) {
      console.error(`hubbub: ${actor} failed too often and was given up: ${explain(error)}`);
      Deno.exit(70);
    },
  });
  stopOnSignals(server, log);
  log.info("server started", {
    host: server.hostname,
    port: server.port,
    transport: kind,
    store: configuration.store.kind,
    // Fewer than were asked for, where the process may open too few files.
    maxConnections: server.maxConnections,
    version: VERSION,
  });
  console.log(`Hubbub ${VERSION} listens on ${address(server)} (${kind} transport: ${why})`);
}

function stopOnSignals(server: Server, log: Log): void {
  let stopping = false;
  const stop = async (signal: Deno.Signal) => {
    if (stopping) Deno.exit(130);
    stopping = true;
    log.info("server stops", { signal });
    console.log("Stopping; a second signal exits at once");
    const tooLate = setTimeout(() => Deno.exit(0), STOP_DEADLINE_MS + 1_000);
    await server.stop(STOP_DEADLINE_MS);
    log.info("server stopped");
    clearTimeout(tooLate);
    Deno.exit(0);
  };
  Deno.addSignalListener("SIGINT", () => stop("SIGINT"));
  if (Deno.build.os !== "windows") {
    Deno.addSignalListener("SIGTERM", () => stop("SIGTERM"));
  }
}

function address({ hostname, port }: Server): string {
  const everywhere = hostname === "0.0.0.0" || hostname === "::";
  const host = everywhere ? "localhost" : hostname.includes(":") ? `[${hostname}]` : hostname;
  return `http://${host}:${port}/`;
}

/** One line for whoever started the program: what was expected and what came. */
function explain(error: unknown, configuration?: Configuration): string {
  if (error instanceof StoreError || error instanceof SecretsError) return error.message;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const at = configuration && `${configuration.host}:${configuration.port}`;
  if (error instanceof Deno.errors.AddrInUse || code === "EADDRINUSE") {
    return `${at} is in use by another program; choose another --port, or 0 for any free one`;
  }
  const text = error instanceof Error ? error.message : String(error);
  const isAway = error instanceof Deno.errors.AddrNotAvailable || code === "EADDRNOTAVAIL";
  // As Deno's node:net says it.
  if (isAway || text.startsWith("listen EINVAL")) {
    return `${at} is not an address of this machine; choose another --host`;
  }
  // What is about a file names the file.
  const isAtPort = text.startsWith("listen ") || !text.includes("'");
  if (at !== undefined && code === "EACCES" && isAtPort) {
    return `${at} may not be used by this user; choose a --port from 1024 on`;
  }
  return text;
}
