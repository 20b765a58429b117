import { startDatabase } from "../../backends/database.ts";
import { startRedis } from "../../backends/redis.ts";
import type { ServerNode } from "../load/scenario.ts";
import { type Launch, ServerProcess } from "../server_process.ts";

/** What stands behind how many nodes. */
export interface Setup {
  readonly id: string;
  readonly label: string;
  readonly store: "sqlite" | "mysql";
  readonly redis: boolean;
  readonly nodes: number;
}

export const SETUPS: readonly Setup[] = [
  { id: "sqlite", label: "one node, SQLite", store: "sqlite", redis: false, nodes: 1 },
  { id: "mysql", label: "one node, MariaDB", store: "mysql", redis: false, nodes: 1 },
  { id: "two", label: "two nodes, MariaDB, Redis", store: "mysql", redis: true, nodes: 2 },
  { id: "three", label: "three nodes, MariaDB, Redis", store: "mysql", redis: true, nodes: 3 },
];

const MAIN = `${import.meta.dirname}/../../main.ts`;

/** Servers and nodes of one run, with an empty store; all are ended and removed with it. */
export async function standUp(
  setup: Setup,
): Promise<AsyncDisposable & { readonly nodes: [ServerNode, ...ServerNode[]] }> {
  await using stack = new AsyncDisposableStack();
  const scratch = await Deno.makeTempDir({ prefix: "hubbub-bench-" });
  stack.defer(() => Deno.remove(scratch, { recursive: true }));
  const store = setup.store === "mysql"
    ? stack.use(await startDatabase()).url()
    : `sqlite:${scratch}/hubbub.db`;
  const redis = setup.redis ? ["--redis", stack.use(await startRedis()).url()] : [];
  const start = async (): Promise<ServerNode> => {
    const node = await ServerProcess.start(launch(scratch, ["--store", store, ...redis]));
    stack.defer(() => node.stop());
    return { port: node.port, pid: node.pid };
  };
  const nodes: [ServerNode, ...ServerNode[]] = [await start()];
  while (nodes.length < setup.nodes) nodes.push(await start());
  const whole = stack.move();
  return { nodes, [Symbol.asyncDispose]: () => whole.disposeAsync() };
}

function launch(scratch: string, behind: readonly string[]): Launch {
  return {
    program: Deno.execPath(),
    args: [
      ...["run", "-A", MAIN, "--port", "0", "--transport", "guarded", ...behind],
      ...["--rate", "0", "--max-per-address", "0", "--max-connections", "18000"],
    ],
    cwd: scratch,
  };
}
