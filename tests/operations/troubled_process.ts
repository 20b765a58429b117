import { deadline } from "@std/async/deadline";
import { PATIENCE_MS } from "../patience.ts";

/** The program in a process of its own, which makes mistakes when it is told to. */
export interface TroubledProcess extends AsyncDisposable {
  readonly http: string;
  readonly ws: string;
  /** The exit code. */
  readonly ended: Promise<number>;
  signal(signal: Deno.Signal): void;
  /** What it wrote to stderr so far. */
  errors(): string;
  /** Waits until stderr has something like this. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
}

export async function startTroubled(args: readonly string[]): Promise<TroubledProcess> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      `--preload=${import.meta.dirname}/make_trouble.ts`,
      `${import.meta.dirname}/../../main.ts`,
      "--port",
      "0",
      ...args,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let errors = "";
  let onErrors = () => {};
  const started = Promise.withResolvers<string>();
  started.promise.catch(() => {});
  let printed = "";
  const reading = Promise.all([
    read(child.stdout, (text) => {
      printed += text;
      const http = /listens on (http:\/\/\S+?)\/ /.exec(printed)?.[1];
      if (http) started.resolve(http);
    }),
    read(child.stderr, (text) => {
      errors += text;
      onErrors();
    }),
  ]);
  let running = true;
  const ended = Promise.all([child.status, reading]).then(([{ code }]) => {
    running = false;
    started.reject(new Error(`it ended with ${code}: ${errors || printed}`));
    return code;
  });
  const signal = (signal: Deno.Signal) => {
    if (running) child.kill(signal);
  };
  const stop = async () => {
    signal("SIGKILL");
    await ended;
  };
  const http = await deadline(started.promise, PATIENCE_MS).catch(async (error) => {
    await stop();
    throw error;
  });
  return {
    http,
    ws: `${http.replace("http", "ws")}/ws`,
    ended,
    signal,
    errors: () => errors,
    says(pattern) {
      const { promise, resolve } = Promise.withResolvers<RegExpExecArray>();
      onErrors = () => {
        const found = pattern.exec(errors);
        if (found) resolve(found);
      };
      onErrors();
      return deadline(promise, PATIENCE_MS);
    },
    [Symbol.asyncDispose]: stop,
  };
}

async function read(stream: ReadableStream<Uint8Array>, take: (text: string) => void) {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) take(text);
}
