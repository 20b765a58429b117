import type { Reply, ServerEvent } from "../../../protocol/events.ts";

/** What a command came to: its reply, or none, because the connection ended or nothing was said. */
export type Answer = Reply | { readonly type: "ended" } | { readonly type: "silent" };

export interface LineOptions {
  /** Where a node listens for WebSockets. */
  readonly ws: string;
  readonly who: { readonly name: string } | { readonly token: string };
  /** Longer without an answer is a promise broken. */
  readonly patienceMs: number;
  /** Told of everything in its order, before whoever asked gets the answer. */
  hear(event: ServerEvent): void;
}

/** One connection of a client that notices what is not answered. */
export class Line {
  readonly closed: Promise<number>;
  /** The longest time to an answer so far. */
  longestMs = 0;
  #open = true;
  #nextId = 1;
  readonly #socket: WebSocket;
  readonly #asked = new Map<string, (answer: Answer) => void>();
  readonly #welcome = Promise.withResolvers<"welcome" | "ended">();

  private constructor(readonly options: LineOptions) {
    const { ws, who } = options;
    this.#socket = "token" in who
      ? new WebSocket(ws, ["hubbub.json", `bearer.${who.token}`])
      : new WebSocket(`${ws}?name=${who.name}`, ["hubbub.json"]);
    const { promise, resolve } = Promise.withResolvers<number>();
    this.closed = promise;
    this.#socket.onmessage = ({ data }) => {
      for (const line of (data as string).split("\n")) this.#hear(JSON.parse(line));
    };
    this.#socket.onclose = ({ code }) => {
      this.#end();
      resolve(code);
    };
  }

  /** Connects. `ended`: there was no welcome; `silent`: not even that was said. */
  static async open(options: LineOptions): Promise<Line | "ended" | "silent"> {
    const line = new Line(options);
    const outcome = await within(options.patienceMs, line.#welcome.promise);
    if (outcome === "welcome") return line;
    await line.close();
    return outcome ?? "silent";
  }

  get isOpen(): boolean {
    return this.#open;
  }

  send(command: Record<string, unknown>): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(command));
  }

  async ask(command: Record<string, unknown>): Promise<Answer> {
    if (!this.#open) return { type: "ended" };
    const id = `c${this.#nextId++}`;
    const startMs = performance.now();
    const answered = new Promise<Answer>((resolve) => this.#asked.set(id, resolve));
    this.send({ ...command, id });
    const answer = await within(this.options.patienceMs, answered) ?? { type: "silent" };
    this.#asked.delete(id);
    this.longestMs = Math.max(this.longestMs, performance.now() - startMs);
    return answer;
  }

  async close(): Promise<void> {
    this.#end();
    this.#socket.close();
    await this.closed;
  }

  #hear(event: ServerEvent): void {
    if (!this.#open) return;
    if (event.type === "ping") this.send({ type: "pong" });
    this.options.hear(event);
    if (event.type === "welcome") this.#welcome.resolve("welcome");
    if (!("re" in event) || event.re === undefined) return;
    this.#asked.get(String(event.re))?.(event);
  }

  #end(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#welcome.resolve("ended");
    for (const resolve of this.#asked.values()) resolve({ type: "ended" });
    this.#asked.clear();
  }
}

/** Undefined when it takes longer. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
