import type { BackendServer } from "./backend_server.ts";
import { freePort, hearFirst, Program } from "./program.ts";

export const REDIS_PROGRAMS = ["redis-server"] as const;

/**
 * A Redis of the test's own, which keeps nothing. `prefix` puts it on another host, which the test
 * reaches as `hostname`. `options`: further ones of the server.
 */
export async function startRedis(
  { hostname = "127.0.0.1", prefix = [], options = [] }: {
    hostname?: string;
    prefix?: readonly string[];
    options?: readonly string[];
  } = {},
): Promise<BackendServer> {
  const port = prefix.length > 0 ? 6379 : freePort();
  let program: Program | undefined;
  const start = async () => {
    program = new Program([
      ...prefix,
      "redis-server",
      ...["--bind", prefix.length > 0 ? "0.0.0.0" : hostname],
      ...["--port", String(port)],
      ...["--save", ""],
      ...["--appendonly", "no"],
      ...["--dir", "/tmp"],
      ...["--protected-mode", "no"],
      ...options,
    ]);
    await program.ready(async () => {
      const answer = await hearFirst({ hostname, port }, "PING\r\n");
      return answer !== undefined && answer.startsWith("+PONG");
    });
  };
  await start();
  return {
    hostname,
    port,
    url: (through = { hostname, port }) => `redis://${through.hostname}:${through.port}`,
    freeze: async () => await program?.freeze(),
    thaw: () => program?.thaw(),
    kill: async () => await program?.kill(),
    start,
    [Symbol.asyncDispose]: async () => await program?.kill(),
  };
}
