import { delay } from "@std/async/delay";

/**
 * A client for load: looks at as little of what it hears as it can, says what it was given as fast
 * as it is let, again when it was refused, and keeps what its promises need.
 */
export class LoadClient {
  /** The seq and key of every message heard, in order. */
  readonly heard: [seq: number, key: string][] = [];
  /** The seq of every message that was acknowledged, by key. */
  readonly acknowledged = new Map<string, number>();
  readonly #socket: WebSocket;
  readonly #saying = new Map<string, { content: string; done: () => void }>();
  readonly closed: Promise<void>;
  readonly #refused: string[] = [];
  #opened = Promise.withResolvers<void>();
  #heardOne = () => {};

  /** With which the same user comes back. */
  token = "";

  constructor(
    ws: string,
    who: { name: string } | { token: string },
    readonly room: string,
    join: Record<string, unknown>,
  ) {
    this.#socket = "name" in who
      ? new WebSocket(`${ws}?name=${who.name}`, ["hubbub.json"])
      : new WebSocket(ws, ["hubbub.json", `bearer.${who.token}`]);
    this.closed = new Promise((resolve) => {
      this.#socket.onclose = () => {
        this.#opened.resolve();
        resolve();
      };
    });
    this.#socket.onmessage = ({ data }) => {
      for (const line of (data as string).split("\n")) this.#hear(line);
      this.#heardOne();
    };
    this.#socket.onopen = () => this.#send({ type: "join", room, ...join });
  }

  get joined(): Promise<void> {
    return this.#opened.promise;
  }

  /** Says it until it is acknowledged; never resolves when the connection ends before. */
  say(key: string, content: string): Promise<void> {
    return new Promise((resolve) => {
      this.#saying.set(key, { content, done: resolve });
      this.#try(key);
    });
  }

  /** Resolves when `count` messages have been heard. */
  async hears(count: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#heardOne = () => this.heard.length >= count && resolve();
      this.#heardOne();
    });
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.closed;
  }

  #hear(line: string): void {
    if (line.startsWith('{"type":"message"')) {
      const { seq, key } = JSON.parse(line);
      this.heard.push([seq, key ?? ""]);
    } else if (line.startsWith('{"type":"ping"')) {
      this.#send({ type: "pong" });
    } else if (line.startsWith('{"type":"welcome"')) {
      this.token = JSON.parse(line).token;
    } else if (line.startsWith('{"type":"joined"')) {
      if (line.includes('"kind"')) this.#opened.resolve();
    } else if (line.startsWith('{"type":"sent"')) {
      const { re, seq } = JSON.parse(line);
      this.acknowledged.set(re, seq);
      this.#saying.get(re)?.done();
      this.#saying.delete(re);
    } else if (line.startsWith('{"type":"error"')) {
      const { re, retry_ms } = JSON.parse(line);
      if (!this.#saying.has(re)) return;
      this.#refused.push(re);
      if (this.#refused.length === 1) void this.#tryAgain(retry_ms ?? 50);
    }
  }

  /** One by one, as the server said: all at once would be refused again. */
  async #tryAgain(everyMs: number): Promise<void> {
    while (this.#refused.length > 0 && this.#socket.readyState === WebSocket.OPEN) {
      await delay(everyMs);
      this.#try(this.#refused[0]!);
      this.#refused.shift();
    }
  }

  #try(key: string): void {
    const content = this.#saying.get(key)?.content;
    if (content === undefined) return;
    this.#send({ type: "message", room: this.room, content, key, id: key });
  }

  #send(command: unknown): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(command));
  }
}
