import { deadline } from "@std/async/deadline";
import { PATIENCE_MS } from "../../patience.ts";

const SYNCS = "fsync,fdatasync";

/** `strace` on a running process, until disposed. */
export interface Tracer extends AsyncDisposable {
  /** Syncs of files seen so far. */
  syncs(): number;
}

/** What keeps `strace` from working here; undefined: nothing. Tests skip with it as the reason. */
export async function noTracing(): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "strace is for Linux";
  try {
    const { success, stderr } = await new Deno.Command("strace", {
      args: ["-e", "trace=none", "true"],
      stdout: "null",
      stderr: "piped",
    }).output();
    return success ? undefined : new TextDecoder().decode(stderr).trim();
  } catch (error) {
    return `strace cannot be run: ${error instanceof Error ? error.message : error}`;
  }
}

/**
 * Watches how a process and its threads sync files; `inject`: what happens to those calls, as in
 * strace's `-e inject` (`error=EIO`, `delay_exit=300000`, in microseconds).
 */
export async function traceSyncs(pid: number, inject?: string): Promise<Tracer> {
  const child = new Deno.Command("strace", {
    args: [
      "-f",
      "-e",
      `trace=${SYNCS}`,
      ...inject === undefined ? [] : ["-e", `inject=${SYNCS}:${inject}`],
      "-p",
      String(pid),
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let seen = "";
  const attached = Promise.withResolvers<void>();
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const bytes of child.stderr) {
      seen += decoder.decode(bytes, { stream: true });
      if (/attached/.test(seen)) attached.resolve();
    }
    attached.reject(new Error(`strace ended: ${seen}`));
  })();
  attached.promise.catch(() => {});
  const end = async () => {
    try {
      child.kill("SIGINT");
    } catch {
      // It has ended with the process that it watched.
    }
    await Promise.all([child.status, reading]);
  };
  await deadline(attached.promise, PATIENCE_MS).catch(async (error) => {
    await end();
    throw error;
  });
  return {
    // A call that another thread interrupts is written twice: "unfinished", then "resumed".
    syncs: () => seen.match(/ f(data)?sync\(|^f(data)?sync\(/gm)?.length ?? 0,
    [Symbol.asyncDispose]: end,
  };
}
