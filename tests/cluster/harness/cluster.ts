import { delay } from "@std/async/delay";
import type { BackendServer } from "../../../backends/backend_server.ts";
import { startDatabase } from "../../../backends/database.ts";
import { PATIENCE_MS } from "../../patience.ts";
import { type Node, type Nodes, startNodes } from "./nodes.ts";
import { startRedis } from "../../../backends/redis.ts";

/** Seconds, on a machine with nothing else to do: the loss of a server is noticed, or its return. */
const CHANGE_MAX_MS = PATIENCE_MS;
const LOOK_EVERY_MS = 50;

export interface Address {
  readonly hostname: string;
  readonly port: number;
}

/** Where a node finds the servers behind it: they themselves, or lines to them. */
export interface Behind {
  readonly mysql: Address;
  readonly redis: Address;
}

export interface ClusterOptions {
  readonly nodes?: number;
  /** By a node's index; by default the servers themselves. */
  route?(index: number, servers: Behind): Behind;
  /** On which host the servers run, and where they are reached. */
  readonly servers?: { readonly hostname: string; readonly prefix: readonly string[] };
  /** What a node is started by, and where it listens. */
  host?(index: number): { readonly prefix: readonly string[]; readonly hostname: string };
  /** More options of the program. */
  args?(index: number): readonly string[];
  /** Where clients connect; by default to the nodes. */
  clients?(): readonly string[];
}

/** Nodes, MariaDB and Redis, all of the test's own, freed in the end. */
export class Cluster implements AsyncDisposable {
  private constructor(
    readonly database: BackendServer,
    readonly redis: BackendServer,
    readonly nodes: Nodes,
    readonly options: ClusterOptions,
  ) {}

  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    await using stack = new AsyncDisposableStack();
    const database = stack.use(await startDatabase(options.servers));
    const redis = stack.use(await startRedis(options.servers));
    const route = options.route ?? ((_, servers) => servers);
    const nodes = stack.use(
      await startNodes(
        options.nodes ?? 3,
        (index) => {
          const behind = route(index, { mysql: database, redis });
          return [
            ...["--store", database.url(behind.mysql)],
            ...["--redis", redis.url(behind.redis)],
            ...["--host", options.host?.(index).hostname ?? "127.0.0.1"],
            ...["--rate", "0", "--stranger-limit", "0", "--max-per-address", "0"],
            ...options.args?.(index) ?? [],
          ];
        },
        (index) => options.host?.(index).prefix ?? [],
      ),
    );
    stack.move();
    return new Cluster(database, redis, nodes, options);
  }

  get all(): readonly Node[] {
    return this.nodes.all;
  }

  /** Where clients connect. */
  readonly addresses = (): readonly string[] =>
    this.options.clients?.() ?? this.all.map(({ ws }) => ws);

  /** The status of a node's `/readyz`; 0 when it does not answer. */
  async ready(index: number): Promise<number> {
    try {
      const response = await fetch(`${this.all[index]!.http}/readyz`, {
        signal: AbortSignal.timeout(5_000),
      });
      await response.body?.cancel();
      return response.status;
    } catch {
      return 0;
    }
  }

  /** Waits until a node's `/readyz` has this status. */
  async becomes(index: number, status: number): Promise<void> {
    const untilMs = performance.now() + CHANGE_MAX_MS;
    for (;;) {
      const is = await this.ready(index);
      if (is === status) return;
      if (performance.now() > untilMs) {
        throw new Error(`node ${index}: expected ${status} of /readyz, got ${is} to the last`);
      }
      await delay(LOOK_EVERY_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Servers that were left stopped would not end.
    this.database.thaw();
    this.redis.thaw();
    await this.nodes[Symbol.asyncDispose]();
    await this.redis[Symbol.asyncDispose]();
    await this.database[Symbol.asyncDispose]();
  }
}
