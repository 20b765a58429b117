import { type Kind, KINDS, serveEcho } from "./echo_server.ts";

/** Asks the echo server for the bytes of memory it has resident. */
export const MEMORY_PATH = "/memory";

export interface EchoProcess {
  readonly port: number;
  memoryBytes(): Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * The echo server in a process of its own, to be measured or to die. Disposing throws when it has
 * died before.
 */
export async function startEchoProcess(kind: Kind): Promise<EchoProcess> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", import.meta.filename ?? "", kind],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let line = "";
  while (!line.includes("\n")) {
    const { done, value } = await lines.read();
    if (done) throw new Error(`expected the echo server's port, got its end after "${line}"`);
    line += value;
  }
  const port = Number(line);
  return {
    port,
    async memoryBytes() {
      return Number(await (await fetch(`http://127.0.0.1:${port}${MEMORY_PATH}`)).text());
    },
    async [Symbol.asyncDispose]() {
      await lines.cancel();
      process.kill("SIGKILL");
      const { signal } = await process.status;
      if (signal !== "SIGKILL") throw new Error("expected the echo server alive, it had ended");
    },
  };
}

if (import.meta.main) {
  const kind = KINDS.find((name) => name === Deno.args[0]);
  if (kind === undefined) throw new Error(`expected ${KINDS.join(" or ")}, got ${Deno.args[0]}`);
  const { port } = await serveEcho(kind, {
    maxConnections: 5_000,
    // Far from that of headers, so that it is seen which of them ends a request.
    brakes: { requestTimeoutMs: 60_000 },
    fetch: () => new Response(String(Deno.memoryUsage().rss)),
  });
  console.log(port);
}
