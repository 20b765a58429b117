import { deadline } from "@std/async/deadline";

/** Where Debian keeps what is not on everybody's path. */
const FOLDERS = [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/sbin", "/sbin"];
/** Longer hangs. */
const READY_PATIENCE_MS = 120_000;
const READY_EVERY_MS = 20;

/** The path of a program that is installed; a name that begins with `/` is its path. */
export function findProgram(name: string): string | undefined {
  const paths = name.startsWith("/") ? [name] : FOLDERS.map((folder) => `${folder}/${name}`);
  for (const path of paths) {
    try {
      if (Deno.statSync(path).isFile) return path;
    } catch {
      // Not there.
    }
  }
  return undefined;
}

/** Which of the programs are missing. A test that needs them is skipped, and says so by this. */
export function missingPrograms(...names: readonly string[]): string[] {
  const missing = names.filter((name) => findProgram(name) === undefined);
  if (missing.length > 0) console.error(`skipped, not installed: ${missing.join(", ")}`);
  return missing;
}

/** Runs a program to its end. Rejects with what it wrote when it fails. */
export async function runProgram(name: string, ...args: readonly string[]): Promise<string> {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`expected ${name} to be installed`);
  const { success, stdout, stderr } = await new Deno.Command(path, { args: [...args] }).output();
  const decoder = new TextDecoder();
  if (!success) {
    throw new Error(
      `${name} ${args.join(" ")}: ${decoder.decode(stderr)}${decoder.decode(stdout)}`,
    );
  }
  return decoder.decode(stdout);
}

/** A server of a test's own as a child process. What it writes goes where the command says. */
export class Program implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly ended: Promise<Deno.CommandStatus>;
  #hasEnded = false;

  /** @param command the program and its arguments, perhaps behind `ip netns exec NAME`. */
  constructor(command: readonly string[]) {
    const [name = "", ...args] = command;
    const path = findProgram(name);
    if (path === undefined) throw new Error(`expected ${name} to be installed`);
    this.#child = new Deno.Command(path, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    this.ended = this.#child.status.then((status) => {
      this.#hasEnded = true;
      return status;
    });
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** SIGSTOP: it holds its connections and does nothing, from when this resolves. */
  async freeze(): Promise<void> {
    this.#signal("SIGSTOP");
    // Its threads stop one after the other, and until then one may still answer.
    await this.ready(() => Promise.resolve(this.#isStopped()));
  }

  thaw(): void {
    this.#signal("SIGCONT");
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    this.#signal("SIGKILL");
    await this.ended;
  }

  /** Asks it to end, and waits: for what has children of its own. */
  async stop(): Promise<void> {
    this.#signal("SIGTERM");
    await this.ended;
  }

  /** Asks until it answers; rejects when it has ended or does not answer in time. */
  async ready(answers: () => Promise<boolean>): Promise<void> {
    const untilMs = performance.now() + READY_PATIENCE_MS;
    while (!await answers()) {
      if (this.#hasEnded) throw new Error("expected a server that runs; it has ended");
      if (performance.now() > untilMs) throw new Error("expected a server that answers in time");
      await new Promise((resolve) => setTimeout(resolve, READY_EVERY_MS));
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }

  #isStopped(): boolean {
    const threads = `/proc/${this.pid}/task`;
    return Array.from(Deno.readDirSync(threads)).every(({ name }) => {
      const status = Deno.readTextFileSync(`${threads}/${name}/stat`);
      // The name before it is in parentheses and may hold some (proc_pid_stat(5)).
      return status.at(status.lastIndexOf(")") + 2) === "T";
    });
  }

  #signal(signal: Deno.Signal): void {
    if (this.#hasEnded) return;
    try {
      this.#child.kill(signal);
    } catch {
      // It ends at this moment.
    }
  }
}

/** Below those that Linux gives by itself to who listens anywhere, or connects. */
const PORTS = { first: 20_000, count: 10_000 };

/**
 * A port that is free now, and that nobody is given who did not ask for it: a server that is away for
 * a while finds it free again.
 */
export function freePort(hostname = "127.0.0.1"): number {
  for (;;) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
    try {
      Deno.listen({ hostname, port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

/**
 * What a server says, after `greeting` was sent to it; undefined when it does not let one in or says
 * nothing for so long.
 */
export async function hearFirst(
  address: { hostname: string; port: number },
  greeting = "",
  patienceMs = READY_PATIENCE_MS,
): Promise<string | undefined> {
  let connection: Deno.TcpConn;
  try {
    connection = await Deno.connect(address);
  } catch {
    return undefined;
  }
  try {
    if (greeting !== "") await connection.write(new TextEncoder().encode(greeting));
    const buffer = new Uint8Array(1024);
    const count = await deadline(connection.read(buffer), patienceMs);
    return count === null ? undefined : new TextDecoder().decode(buffer.subarray(0, count));
  } catch {
    return undefined;
  } finally {
    connection.close();
  }
}
