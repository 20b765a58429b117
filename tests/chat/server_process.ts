import { deadline } from "@std/async/deadline";
import { until } from "../patience.ts";

/** Far more than it takes: how fast a busy machine starts it is not what is tested. */
const START_PATIENCE_MS = 120_000;

/** The program as it is run, on a free port, in a process of its own. */
export interface ServerProcess extends AsyncDisposable {
  readonly http: string;
  readonly ws: string;
  readonly pid: number;
  /** How it ended, whatever ended it. */
  readonly ended: Promise<Deno.CommandStatus>;
  /** Ends it as a power cut would: no handler runs. */
  kill(): Promise<void>;
  signal(signal: Deno.Signal): void;
  /** Asks it to stop and waits; answers the exit code. */
  stop(signal?: Deno.Signal): Promise<number>;
  /** What it wrote to stderr so far. */
  errors(): string;
  /** Waits until stderr has something like this. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
}

/**
 * @param prefix a program that runs it elsewhere or otherwise, such as `ip netns exec NAME`.
 * @param runtime what Deno is told besides, such as `--v8-flags=…`.
 */
export async function startProcess(
  args: readonly string[],
  prefix: readonly string[] = [],
  runtime: readonly string[] = [],
): Promise<ServerProcess> {
  const [program = "", ...before] = [...prefix, Deno.execPath()];
  const child = new Deno.Command(program, {
    args: [
      ...before,
      "run",
      "-A",
      "--no-check",
      ...runtime,
      `${import.meta.dirname}/../../main.ts`,
      ...(args.includes("--port") ? [] : ["--port", "0"]),
      ...args,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let errors = "";
  const reading = readAll(child.stderr, (text) => errors += text);
  let printed = "";
  const started = Promise.withResolvers<string>();
  const printing = readAll(child.stdout, (text) => {
    printed += text;
    const address = /listens on (http:\/\/\S+?)\/ /.exec(printed)?.[1];
    if (address) started.resolve(address);
  });
  const ended = Promise.all([child.status, reading, printing]).then(([status]) => status);
  ended.then(() => started.reject(new Error(`the server ended: ${errors || printed}`)));
  const signal = (signal: Deno.Signal) => {
    try {
      child.kill(signal);
    } catch {
      // It has ended already.
    }
  };
  const kill = async () => {
    signal("SIGKILL");
    await ended;
  };
  const http = await deadline(started.promise, START_PATIENCE_MS).catch(async (error) => {
    await kill();
    throw error;
  });
  return {
    http,
    ws: `${http.replace("http", "ws")}/ws`,
    pid: child.pid,
    ended,
    kill,
    signal,
    async stop(by = "SIGTERM") {
      signal(by);
      return (await ended).code;
    },
    errors: () => errors,
    async says(pattern) {
      await until(`${pattern} on stderr`, () => pattern.test(errors));
      return pattern.exec(errors)!;
    },
    [Symbol.asyncDispose]: kill,
  };
}

async function readAll(
  stream: ReadableStream<Uint8Array>,
  take: (text: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  for await (const bytes of stream) take(decoder.decode(bytes, { stream: true }));
}
