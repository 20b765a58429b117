import { deadline } from "@std/async/deadline";
import { PATIENCE_MS } from "../patience.ts";
import type { ChatServer } from "./chat_server.ts";

/** What the server said; the tests look at what they expect of it. */
// deno-lint-ignore no-explicit-any -- any event, its fields checked by assertions
export type Said = Record<string, any> & { type: string };

interface Waiting {
  wants(event: Said): boolean;
  resolve(event: Said): void;
}

export interface ClientOptions {
  readonly name?: string;
  readonly token?: string;
  readonly room?: string;
  readonly history?: number;
}

/** A JSON client that keeps all it is told. `await using` closes it. */
export class Client implements AsyncDisposable {
  /** Everything said so far, in order. */
  readonly said: Said[] = [];
  /** How the connection ends, whenever that is. */
  readonly ended: Promise<CloseEvent>;
  readonly #socket: WebSocket;
  readonly #waiting = new Set<Waiting>();
  #nextId = 1;
  /** Up to here `next` has looked. */
  #read = 0;

  private constructor(url: string, protocols: string[]) {
    this.#socket = new WebSocket(url, protocols);
    this.ended = new Promise((resolve) => this.#socket.addEventListener("close", resolve));
    this.#socket.addEventListener("message", ({ data }) => {
      for (const line of String(data).split("\n")) this.#hear(JSON.parse(line));
    });
  }

  /** Connects without waiting for the welcome. */
  static open(server: Pick<ChatServer, "ws">, options: ClientOptions = {}): Client {
    const query = new URLSearchParams();
    if (options.name !== undefined) query.set("name", options.name);
    if (options.room !== undefined) query.set("room", options.room);
    if (options.history !== undefined) query.set("history", String(options.history));
    const bearer = options.token === undefined ? [] : [`bearer.${options.token}`];
    return new Client(`${server.ws}?${query}`, ["hubbub.json", ...bearer]);
  }

  static async connect(
    server: Pick<ChatServer, "ws">,
    options: ClientOptions | string = {},
  ): Promise<Client> {
    const client = Client.open(server, typeof options === "string" ? { name: options } : options);
    try {
      await client.next("welcome");
    } catch (error) {
      // Nobody else could close it.
      await client.close();
      throw error;
    }
    return client;
  }

  /** The welcome, once it has come. */
  get welcome(): Said {
    const welcome = this.said.find(({ type }) => type === "welcome");
    if (!welcome) throw new Error("expected a welcome first");
    return welcome;
  }

  /** How the connection ends; rejects when it does not. */
  get closed(): Promise<CloseEvent> {
    return deadline(this.ended, PATIENCE_MS);
  }

  get name(): string {
    return this.welcome.user.name;
  }

  send(command: Record<string, unknown>): void {
    this.#socket.send(JSON.stringify(command));
  }

  sendText(text: string): void {
    this.#socket.send(text);
  }

  /** Sends a command and waits for its one reply, whatever it is. */
  async ask(command: Record<string, unknown>): Promise<Said> {
    const id = `c${this.#nextId++}`;
    const reply = this.first(({ re }) => re === id);
    this.send({ ...command, id });
    return await reply;
  }

  join(room: string, more: Record<string, unknown> = {}): Promise<Said> {
    return this.ask({ type: "join", room, ...more });
  }

  say(room: string, content: string, more: Record<string, unknown> = {}): Promise<Said> {
    return this.ask({ type: "message", room, content, ...more });
  }

  /** The first of all events, past or to come, that is wanted. */
  first(wants: (event: Said) => boolean): Promise<Said> {
    const found = this.said.find(wants);
    return found ? Promise.resolve(found) : this.#wait(wants);
  }

  /** The next event of this type after the one that `next` answered last. */
  async next(type: string, wants: (event: Said) => boolean = () => true): Promise<Said> {
    const fits = (event: Said) => event.type === type && wants(event);
    for (; this.#read < this.said.length; this.#read++) {
      const event = this.said[this.#read] as Said;
      if (!fits(event)) continue;
      this.#read++;
      return event;
    }
    const event = await this.#wait(fits);
    this.#read = this.said.indexOf(event) + 1;
    return event;
  }

  /** All events of a type so far. */
  all(type: string): Said[] {
    return this.said.filter((event) => event.type === type);
  }

  /** Forgets what was said so far, which would be what a test of memory measures. */
  forget(): void {
    this.said.length = 0;
    this.#read = 0;
  }

  /** A command and its answer: what was said before it has come by then. */
  async sync(): Promise<void> {
    await this.ask({ type: "ping" });
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #hear(event: Said): void {
    this.said.push(event);
    // However long a test takes, it is not taken for dead.
    if (event.type === "ping") this.send({ type: "pong" });
    for (const waiting of this.#waiting) {
      if (!waiting.wants(event)) continue;
      this.#waiting.delete(waiting);
      waiting.resolve(event);
    }
  }

  #wait(wants: (event: Said) => boolean): Promise<Said> {
    const coming = new Promise<Said>((resolve) => this.#waiting.add({ wants, resolve }));
    return deadline(coming, PATIENCE_MS).catch(() => {
      const last = JSON.stringify(this.said.slice(-5));
      throw new Error(`what was waited for did not come; the last heard was ${last}`);
    });
  }
}

/** What a text client says to see that it is heard. */
export const HERE = "here I am";

/** A text client: what the chat example's page does. */
export class TextClient implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly #closed: Promise<CloseEvent>;
  readonly opened: Promise<void>;
  readonly #socket: WebSocket;
  #heard = () => {};

  constructor(server: Pick<ChatServer, "ws">, query = "") {
    this.#socket = new WebSocket(`${server.ws}${query}`);
    this.opened = new Promise((resolve) => {
      this.#socket.addEventListener("open", () => resolve());
    });
    this.#closed = new Promise((resolve) => this.#socket.addEventListener("close", resolve));
    this.#socket.addEventListener("message", ({ data }) => {
      this.lines.push(...String(data).split("\n"));
      this.#heard();
    });
  }

  /** How the connection ends; rejects when it does not. */
  get closed(): Promise<CloseEvent> {
    return deadline(this.#closed, PATIENCE_MS);
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  /** Says something and hears it: that it is let in is known before that it is in the room. */
  async isIn(shown = HERE): Promise<void> {
    await this.opened;
    this.send(HERE);
    await this.line(shown);
  }

  /** Waits until a line has come. */
  async line(text: string): Promise<void> {
    const seen = () => this.lines.includes(text);
    const coming = new Promise<void>((resolve) => {
      this.#heard = () => seen() && resolve();
      this.#heard();
    });
    await deadline(coming, PATIENCE_MS).catch(() => {
      throw new Error(
        `expected the line ${JSON.stringify(text)}, got ${JSON.stringify(this.lines)}`,
      );
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.closed;
  }
}
