import type { Command, LastingStore, StoreLocation } from "../configuration.ts";
import { TransferError } from "../store/transfer/ends.ts";
import { openSource, secretsOf, targetAt } from "./ends.ts";
import { migrate } from "./migrate.ts";
import { Progress } from "./progress.ts";

/** As a shell says that a program was ended by SIGINT. */
const INTERRUPTED_CODE = 130;

/**
 * `hubbub migrate`: progress goes to stderr, the outcome to stdout. Answers the exit code. The
 * first SIGINT or SIGTERM stops between two pages; that, like any other end, can be resumed.
 */
export async function runMigration(
  command: Extract<Command, { kind: "migrate" }>,
  configured: StoreLocation,
): Promise<number> {
  const stop = new AbortController();
  const forget = onSignals(() => stop.abort());
  const progress = new Progress(stderr());
  try {
    const from = storeOf(command.from, configured);
    const to = storeOf(command.to, configured);
    const source = await openSource(from);
    try {
      const lines = await migrate({
        source,
        target: await targetAt(to),
        secrets: { from: await secretsOf(from), to: await secretsOf(to) },
        dryRun: command.dryRun,
        listener: progress,
        signal: stop.signal,
      });
      progress.end();
      for (const line of lines) console.log(line);
      return 0;
    } finally {
      progress.end();
      await source.close();
    }
  } catch (error) {
    if (!(error instanceof TransferError)) throw error;
    for (const line of error.details) console.error(line);
    console.error(`hubbub: ${error.message}`);
    return error.failure === "interrupted" ? INTERRUPTED_CODE : 1;
  } finally {
    forget();
  }
}

function storeOf(end: LastingStore | "configured", configured: StoreLocation): LastingStore {
  if (end !== "configured") return end;
  if (configured.kind === "memory") throw new Error("a store in memory has nothing to move");
  return configured;
}

function stderr() {
  const encoder = new TextEncoder();
  return {
    isTerminal: Deno.stderr.isTerminal(),
    width() {
      try {
        return Deno.consoleSize().columns;
      } catch {
        // Of a terminal that does not say.
        return 80;
      }
    },
    write: (text: string) => void Deno.stderr.writeSync(encoder.encode(text)),
  };
}

/** Answers how to stop listening. A second signal ends the program at once. */
function onSignals(stop: () => void): () => void {
  const signals: readonly Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT"]
    : ["SIGINT", "SIGTERM"];
  const forget = () => {
    for (const signal of signals) Deno.removeSignalListener(signal, hear);
  };
  let heard = false;
  const hear = () => {
    if (heard) Deno.exit(INTERRUPTED_CODE);
    heard = true;
    stop();
  };
  for (const signal of signals) Deno.addSignalListener(signal, hear);
  return forget;
}
