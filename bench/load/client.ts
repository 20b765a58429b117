import { type Codec, CODECS } from "./codecs.ts";
import { Connection } from "./connection.ts";
import type { CodecName, Scenario } from "./scenario.ts";

export interface ClientListener {
  /** A text frame after the client has entered its rooms; its bytes are valid only during the call. */
  onText(bytes: Uint8Array, start: number, end: number): void;
  onRead(): void;
  onEnd(reason: string): void;
}

const HEARTBEAT_MAX_BYTES = 64;
const SILENT: ClientListener = { onText() {}, onRead() {}, onEnd() {} };

/** Connects, enters the rooms as the codec wants it and then passes on what comes. */
export class Client {
  readonly rooms: readonly string[];
  readonly #codec: Codec;
  readonly #decoder = new TextDecoder();
  #connection!: Connection;
  /** What an awaited line contains, and how many of them have not come. */
  #awaited = "";
  #missing = 0;
  #greeted = false;
  readonly #entered = Promise.withResolvers<void>();
  #open = false;
  listener: ClientListener = SILENT;

  /** Resolves when the client is in all its rooms. */
  static async open(
    codec: CodecName,
    port: number,
    rooms: readonly string[],
  ): Promise<Client> {
    const client = new Client(CODECS[codec], rooms);
    await client.#start(port);
    return client;
  }

  private constructor(codec: Codec, rooms: readonly string[]) {
    this.#codec = codec;
    this.rooms = rooms;
  }

  get connection(): Connection {
    return this.#connection;
  }

  async #start(port: number): Promise<void> {
    const { greeting, subprotocol, path } = this.#codec;
    if (greeting !== undefined) {
      this.#awaited = greeting;
      this.#missing = 1;
    }
    // A connection that breaks before it is awaited here must not count as unhandled.
    this.#entered.promise.catch(() => {});
    this.#connection = new Connection({
      port,
      path: path(this.rooms[0] ?? "lobby"),
      subprotocol,
      onText: (bytes, start, end) => this.#onText(bytes, start, end),
      onRead: () => this.listener.onRead(),
      onEnd: (reason) => {
        this.#entered.reject(new Error(`could not enter: ${reason}`));
        this.listener.onEnd(reason);
      },
    });
    await this.#connection.upgraded;
    if (greeting === undefined) this.#enter();
    await this.#entered.promise;
  }

  #enter(): void {
    this.#greeted = true;
    const { enter } = this.#codec;
    if (enter === undefined) {
      this.#opened();
      return;
    }
    this.#awaited = enter.answer;
    this.#missing = enter.each ? this.rooms.length : 1;
    this.#connection.sendText(enter.command(this.rooms));
  }

  #opened(): void {
    this.#open = true;
    this.#entered.resolve();
  }

  #onText(bytes: Uint8Array, start: number, end: number): void {
    if (!this.#open) {
      this.#onEntering(this.#decoder.decode(bytes.subarray(start, end)));
      return;
    }
    if (end - start <= HEARTBEAT_MAX_BYTES && this.#isHeartbeat(bytes, start, end)) return;
    this.listener.onText(bytes, start, end);
  }

  #onEntering(text: string): void {
    for (const line of text.split("\n")) {
      if (this.#missing === 0 || !line.includes(this.#awaited)) continue;
      if (line.includes('"type":"error"')) {
        this.#entered.reject(new Error(`could not enter: ${line}`));
        return;
      }
      if (--this.#missing > 0) continue;
      if (this.#greeted) this.#opened();
      else this.#enter();
    }
  }

  #isHeartbeat(bytes: Uint8Array, start: number, end: number): boolean {
    const { heartbeat } = this.#codec;
    if (heartbeat === undefined) return false;
    const [asked, answer] = heartbeat;
    if (this.#decoder.decode(bytes.subarray(start, end)) !== asked) return false;
    this.#connection.sendText(answer);
    return true;
  }
}

/**
 * Opens a client per list of rooms, in order, this many at a time, on the nodes in turn; `onOpen`
 * sees each as it is in. The first failure is thrown.
 */
export async function openClients(
  { codec, nodes }: Scenario,
  rooms: readonly (readonly string[])[],
  concurrency: number,
  onOpen: (client: Client, index: number, openMs: number) => void = () => {},
): Promise<Client[]> {
  const clients = new Array<Client>(rooms.length);
  let next = 0;
  async function worker() {
    while (next < rooms.length) {
      const index = next++;
      const startMs = performance.now();
      const client = await Client.open(
        codec,
        nodes[index % nodes.length]!.port,
        rooms[index] ?? [],
      );
      clients[index] = client;
      onOpen(client, index, performance.now() - startMs);
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker));
  return clients;
}
