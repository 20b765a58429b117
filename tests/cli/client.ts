import { deadline } from "@std/async/deadline";
import { PATIENCE_MS } from "../patience.ts";

export type Said = Record<string, unknown>;

/** A JSON client of a running program, as small as these tests need it. */
export interface Client extends Disposable {
  readonly welcome: Promise<Said>;
  readonly closed: Promise<CloseEvent>;
  send(command: Said): void;
  /** The first event of this type that nobody has had yet. */
  next(type: string): Promise<Said>;
}

export function connect(address: string, query: string, ...protocols: string[]): Client {
  const url = `${address.replace("http", "ws")}/ws?${query}`;
  const socket = new WebSocket(url, ["hubbub.json", ...protocols]);
  const seen: Said[] = [];
  const waiting = new Map<string, (event: Said) => void>();
  socket.onmessage = ({ data }) => {
    for (const line of String(data).split("\n")) {
      const event = JSON.parse(line);
      const wait = waiting.get(event.type);
      waiting.delete(event.type);
      if (wait) wait(event);
      else seen.push(event);
    }
  };
  const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
  const next = (type: string) => {
    const at = seen.findIndex((event) => event["type"] === type);
    if (at >= 0) return Promise.resolve(seen.splice(at, 1)[0]!);
    const { promise, resolve } = Promise.withResolvers<Said>();
    waiting.set(type, resolve);
    return deadline(promise, PATIENCE_MS);
  };
  return {
    welcome: next("welcome"),
    closed,
    send: (command) => socket.send(JSON.stringify(command)),
    next,
    [Symbol.dispose]: () => socket.close(),
  };
}

/** Comes as `name` into the lobby. */
export async function enter(address: string, name: string): Promise<Client> {
  const client = connect(address, `name=${name}`);
  await client.welcome;
  client.send({ type: "join", room: "lobby" });
  await client.next("joined");
  return client;
}

/** Says something in the lobby and waits until it is kept. */
export async function say(client: Client, content: string): Promise<void> {
  client.send({ type: "message", room: "lobby", content, id: 1 });
  await client.next("sent");
}
