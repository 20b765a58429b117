import { deadline } from "@std/async/deadline";
import { startChat, type TransportKind, TRANSPORTS } from "../../chat/chat_server.ts";
import { Client } from "../../chat/chat_client.ts";
import { PATIENCE_MS } from "../../patience.ts";

/** Heartbeats much faster than a real server's, and not as fast as a busy machine may stand still. */
export const TIMES = { writeTimeoutMs: 5_000, heartbeatMs: 1_500, idleTimeoutMs: 5_000 };

/** A process that says where it is and stays until disposed. */
export interface HastyProcess extends AsyncDisposable {
  /** Its first line. */
  readonly said: string;
  /** Its next line, as long as it takes; rejects where it ends without one. */
  next(): Promise<string>;
}

/** A server whose heartbeats are quick, on a host of its own; says its port. */
export function startHastyServer(
  prefix: readonly string[],
  transport: TransportKind,
  hostname: string,
): Promise<HastyProcess> {
  return start(prefix, ["server", transport, hostname]);
}

/**
 * A client on a host of its own, in the lobby, alive as long as its line is whole. Its second line is
 * the code with which it was closed.
 */
export function startFarClient(
  prefix: readonly string[],
  ws: string,
  name: string,
): Promise<HastyProcess> {
  return start(prefix, ["client", ws, name]);
}

/** Says so as often as such a server asks; answers how to stop. */
export function stayAlive(client: Client): () => void {
  const timer = setInterval(() => client.send({ type: "pong" }), TIMES.heartbeatMs / 2);
  return () => clearInterval(timer);
}

async function start(prefix: readonly string[], args: readonly string[]): Promise<HastyProcess> {
  const [program = "", ...before] = [...prefix, Deno.execPath()];
  const child = new Deno.Command(program, {
    args: [...before, "run", "-A", "--no-check", import.meta.filename ?? "", ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const end = async () => {
    await lines.cancel();
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await child.status;
  };
  const next = async () => {
    const { value = "" } = await deadline(lines.read(), PATIENCE_MS);
    if (value === "") throw new Error(`expected a line of the ${args[0]}, got its end`);
    return value.trim();
  };
  try {
    return { said: await next(), next, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}

if (import.meta.main) {
  const [role, one = "", two = ""] = Deno.args;
  if (role === "server") {
    const transport = TRANSPORTS.find((kind) => kind === one);
    const { server } = await startChat(transport, { hostname: two, times: TIMES });
    console.log(server.port);
  } else {
    const client = await Client.connect({ ws: one }, two);
    await client.join("lobby");
    console.log("in");
    const stop = stayAlive(client);
    console.log((await client.ended).code);
    stop();
  }
}
