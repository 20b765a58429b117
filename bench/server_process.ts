/** Starting, finding and stopping one process of a measurement, pinned to a core where possible. */

export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;
const STDERR_KEPT_CHARS = 2_000;

const running = new Set<Deno.ChildProcess>();

/** Ends what this program has started, for when it is interrupted. */
export function endAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** `taskset` replaces itself by the program, so that the pid is the program's own. */
export function pinned(launch: Launch, core: number | undefined): Launch {
  if (core === undefined) return launch;
  return {
    ...launch,
    program: "taskset",
    args: ["--cpu-list", String(core), launch.program, ...launch.args],
  };
}

/** Resolves with what it printed; rejects when it fails or is not done in time, and ends it then. */
export async function runToEnd(launch: Launch, timeoutMs: number): Promise<string> {
  const child = spawn(launch);
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  const [stdout, stderr, status] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.status,
  ]);
  clearTimeout(timer);
  if (status.success) {
    if (stderr !== "") console.error(stderr.trimEnd());
    return stdout;
  }
  const why = status.signal === "SIGKILL" ? `ended after ${timeoutMs} ms` : `exit ${status.code}`;
  throw new Error(`${why}: ${stderr.trim().slice(-STDERR_KEPT_CHARS)}`);
}

function spawn({ program, args, cwd }: Launch): Deno.ChildProcess {
  const child = new Deno.Command(program, {
    args: [...args],
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  running.add(child);
  child.status.then(() => running.delete(child));
  return child;
}

export class ServerProcess {
  readonly port: number;
  readonly #child: Deno.ChildProcess;
  readonly #streams: Promise<unknown>;

  /** Resolves when it has printed the address it listens on. */
  static async start(launch: Launch): Promise<ServerProcess> {
    const child = spawn(launch);
    const listening = Promise.withResolvers<number>();
    let stderr = "";
    const streams = Promise.all([
      read(child.stdout, (text) => {
        const match = /http:\/\/127\.0\.0\.1:(\d+)/.exec(text);
        if (match !== null) listening.resolve(Number(match[1]));
      }),
      read(child.stderr, (text) => stderr = (stderr + text).slice(-STDERR_KEPT_CHARS)),
    ]).then(() => listening.reject(new Error(`${launch.args.join(" ")} ended early\n${stderr}`)));
    const timer = setTimeout(() => {
      listening.reject(new Error(`${launch.args.join(" ")} printed no address\n${stderr}`));
    }, START_TIMEOUT_MS);
    try {
      return new ServerProcess(child, await listening.promise, streams);
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  private constructor(child: Deno.ChildProcess, port: number, streams: Promise<unknown>) {
    this.#child = child;
    this.port = port;
    this.#streams = streams;
  }

  get pid(): number {
    return this.#child.pid;
  }

  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    try {
      this.#child.kill("SIGTERM");
    } catch {
      // It has ended by itself; the measurement has seen that as lost connections.
    }
    await this.#child.status;
    clearTimeout(timer);
    await this.#streams;
  }
}

async function read(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onText: (text: string) => void,
): Promise<void> {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) onText(text);
}
