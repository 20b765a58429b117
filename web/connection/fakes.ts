import type { Channel, Clock, KeyValueStorage, Socket } from "./ports.ts";

/** Stands still until `advance`, then fires what is due, in order. */
export class FakeClock implements Clock {
  #now = 1_000_000;
  #timers: { at: number; run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#timers.push(timer);
    return () => this.#timers = this.#timers.filter((other) => other !== timer);
  }

  get pending(): number {
    return this.#timers.length;
  }

  /** Somebody sets the clock; timers do not mind. */
  putBack(ms: number): void {
    this.#now -= ms;
    for (const timer of this.#timers) timer.at -= ms;
  }

  /** Fires timers one by one and lets promises settle in between. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (;;) {
      const next = this.#timers.filter((timer) => timer.at <= until)
        .sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await settle();
    }
    this.#now = until;
  }
}

/** Lets every promise that is ready go on. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

type Said = Record<string, unknown> & { type: string };

/** The client's end of a line to a `FakeServer`. */
export class FakeSocket implements Socket {
  onmessage: ((event: MessageEvent) => void) | null = null;
  onclose: ((event: CloseEvent) => void) | null = null;
  /** Commands in the order they came; each frame's apart. */
  readonly frames: Said[][] = [];
  isOpen = true;
  closedWith: number | undefined;

  constructor(private readonly server: FakeServer) {}

  get commands(): Said[] {
    return this.frames.flat();
  }

  send(text: string): void {
    if (!this.isOpen) return;
    const commands = text.split("\n").map((line) => JSON.parse(line) as Said);
    this.frames.push(commands);
    for (const command of commands) this.server.handle(this, command);
  }

  close(code = 1000): void {
    this.isOpen = false;
    this.closedWith ??= code;
    this.server.sockets.delete(this);
  }

  /** The server says something, each call a frame. */
  say(...events: readonly object[]): void {
    if (!this.isOpen) return;
    const data = events.map((event) => JSON.stringify(event)).join("\n");
    this.onmessage?.(new MessageEvent("message", { data }));
  }

  /** The line ends, and the client hears of it. */
  end(code: number): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.server.sockets.delete(this);
    this.onclose?.(new CloseEvent("close", { code }));
  }
}

interface StoredMessage {
  readonly seq: number;
  readonly content: string;
  readonly from: string;
  readonly key?: string;
}

/** Enough of Hubbub to be disconnected from: rooms with logs, keys, `since`. */
export class FakeServer {
  readonly sockets = new Set<FakeSocket>();
  /** Every socket there ever was. */
  readonly opened: FakeSocket[] = [];
  readonly logs = new Map<string, StoredMessage[]>();
  /** New sockets are not answered: the network is down. */
  isReachable = true;
  /** New sockets are neither answered nor closed. */
  isSilent = false;
  /** Called instead of the usual handling; true: it has been dealt with. */
  intercept: ((socket: FakeSocket, command: Said) => boolean) | undefined;
  user = "alice";

  readonly open = (): FakeSocket => {
    const socket = new FakeSocket(this);
    this.opened.push(socket);
    this.sockets.add(socket);
    queueMicrotask(() => {
      if (!this.isReachable) socket.end(1006);
      else if (!this.isSilent) this.#welcome(socket);
    });
    return socket;
  };

  get latest(): FakeSocket {
    const socket = this.opened.at(-1);
    if (!socket) throw new Error("expected a socket, none was opened");
    return socket;
  }

  log(room: string): StoredMessage[] {
    let log = this.logs.get(room);
    if (!log) this.logs.set(room, log = []);
    return log;
  }

  contents(room: string): string[] {
    return this.log(room).map((message) => message.content);
  }

  /** Somebody writes; those who are connected hear of it. */
  append(room: string, content: string, from = "bob", key?: string): StoredMessage {
    const log = this.log(room);
    const message = { seq: log.length + 1, content, from, ...(key ? { key } : {}) };
    log.push(message);
    for (const socket of this.sockets) socket.say(event(room, message));
    return message;
  }

  /** Every line breaks. */
  cut(code = 1006): void {
    for (const socket of [...this.sockets]) socket.end(code);
  }

  #welcome(socket: FakeSocket): void {
    socket.say({
      type: "welcome",
      session: "s",
      user: { name: this.user, guest: true },
      token: "",
      server: { name: "hubbub", version: "0" },
      heartbeat_ms: 25_000,
      limits: { message_bytes: 4096 },
      rooms: [],
    });
  }

  handle(socket: FakeSocket, command: Said): void {
    if (this.intercept?.(socket, command)) return;
    const { id: re, type } = command;
    const room = String(command["room"]);
    if (type === "join") {
      const log = this.log(room);
      const since = command["since"];
      const backlog = typeof since === "number"
        ? log.filter((message) => message.seq > since)
        : log.slice(log.length - Number(command["history"]));
      socket.say(
        {
          type: "joined",
          re,
          room,
          kind: "public",
          seq: log.length,
          read: 0,
          count: 1,
          members: [],
        },
        ...backlog.map((message) => event(room, message)),
      );
    } else if (type === "message") {
      const key = String(command["key"]);
      const known = this.log(room).find((message) => message.key === key);
      const stored = known ?? this.append(room, String(command["content"]), this.user, key);
      socket.say({ type: "sent", re, room, seq: stored.seq, at: 5 });
    } else if (type === "ping") socket.say({ type: "pong", re, at: 5 });
    else if (type === "leave") socket.say({ type: "left", re, room });
  }
}

function event(room: string, message: StoredMessage): object {
  return { type: "message", room, at: 5, ...message };
}

/** The Web Storage of one browser. */
export class FakeStorage implements KeyValueStorage {
  readonly items = new Map<string, string>();
  get length(): number {
    return this.items.size;
  }
  key(index: number): string | null {
    return [...this.items.keys()][index] ?? null;
  }
  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }
  removeItem(key: string): void {
    this.items.delete(key);
  }
}

/** The pages of one browser hear each other, not themselves. */
export class FakeChannels {
  readonly #channels = new Set<Channel>();

  open(): Channel {
    const channel: Channel = {
      onmessage: null,
      postMessage: (data) => {
        for (const other of this.#channels) {
          if (other !== channel) other.onmessage?.(new MessageEvent("message", { data }));
        }
      },
      close: () => void this.#channels.delete(channel),
    };
    this.#channels.add(channel);
    return channel;
  }
}
