import { type ServerProcess, startProcess } from "../../chat/server_process.ts";

/** A node: a process of the program, that can be ended and started anew. */
export interface Node {
  readonly name: string;
  /** Where it listens for WebSockets; while it is down, where it did. */
  readonly ws: string;
  readonly http: string;
  /** As a power cut does. */
  kill(): Promise<void>;
  /** SIGTERM; answers the exit code. */
  drain(): Promise<number>;
  /** SIGSTOP: it holds its connections and does nothing until it is thawed. */
  freeze(): void;
  thaw(): void;
  /** Starts it anew, on another port unless it was told one. */
  start(): Promise<void>;
}

export interface Nodes extends AsyncDisposable {
  readonly all: readonly Node[];
  /** What all of them wrote to stderr, since they were started last. */
  errors(): string;
}

/** Nodes a, b, c …, all at once. */
export async function startNodes(
  count: number,
  args: (index: number) => readonly string[],
  prefix: (index: number) => readonly string[] = () => [],
): Promise<Nodes> {
  const all: RunningNode[] = [];
  const starting = Array.from({ length: count }, async (_, index) => {
    const name = String.fromCharCode("a".charCodeAt(0) + index);
    const run = () => startProcess(args(index), prefix(index));
    all[index] = new RunningNode(name, run, await run());
  });
  const nodes: Nodes = {
    all,
    errors: () => all.map(({ name, process }) => `${name}: ${process.errors()}`).join("\n"),
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(starting);
      await Promise.all(all.map((node) => node?.kill()));
    },
  };
  try {
    await Promise.all(starting);
    return nodes;
  } catch (error) {
    await nodes[Symbol.asyncDispose]();
    throw error;
  }
}

class RunningNode implements Node {
  constructor(
    readonly name: string,
    readonly run: () => Promise<ServerProcess>,
    public process: ServerProcess,
  ) {}

  get ws(): string {
    return this.process.ws;
  }

  get http(): string {
    return this.process.http;
  }

  kill(): Promise<void> {
    return this.process.kill();
  }

  drain(): Promise<number> {
    return this.process.stop("SIGTERM");
  }

  freeze(): void {
    Deno.kill(this.process.pid, "SIGSTOP");
  }

  thaw(): void {
    Deno.kill(this.process.pid, "SIGCONT");
  }

  async start(): Promise<void> {
    this.process = await this.run();
  }
}
