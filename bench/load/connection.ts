import { connect, type Socket } from "node:net";
import { type ClientFrame, clientFrame, FrameReader, OPCODE } from "./frames.ts";
import type { Naps } from "./naps.ts";

/**
 * One WebSocket over a raw socket. `node:net` with `onread` was the cheapest of what Deno has: all
 * sockets read into the same buffer, and a read costs a callback, not a promise.
 */

/** All connections read into this; what a callback wants to keep it copies. */
const READ_BUFFER = new Uint8Array(256 * 1024);
const HEAD_END = "\r\n\r\n";

export interface ConnectionOptions {
  readonly port: number;
  readonly path: string;
  readonly subprotocol?: string | undefined;
  /** A text frame's payload; the bytes are valid only during the call. */
  onText(bytes: Uint8Array, start: number, end: number): void;
  /** All whole frames of what has just been read were given to `onText`. */
  onRead(): void;
  /** The server ended the connection, or it broke. */
  onEnd(reason: string): void;
}

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #socket: Socket;
  readonly #reader = new FrameReader((opcode, bytes, start, end) =>
    this.#onFrame(opcode, bytes, start, end)
  );
  readonly #upgraded = Promise.withResolvers<void>();
  /** The bytes of the handshake's answer so far; undefined once it is over. */
  #head: string | undefined = "";
  #ended = false;
  /** Set: after each read the socket is left alone until the next turn of the naps. */
  naps: Naps | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#socket = connect({
      host: "127.0.0.1",
      port: options.port,
      noDelay: true,
      onread: { buffer: READ_BUFFER, callback: (bytes) => this.#onBytes(bytes) },
    });
    this.#socket.on("connect", () => this.#socket.write(handshake(options)));
    this.#socket.on("error", (error) => this.#end(error.message));
    this.#socket.on("close", () => this.#end("closed"));
  }

  /** Resolves after the handshake; rejects with what came instead of a 101. */
  get upgraded(): Promise<void> {
    return this.#upgraded.promise;
  }

  /** Bytes of whole frames. They must not be changed any more. */
  write(bytes: Uint8Array): void {
    if (!this.#ended) this.#socket.write(bytes);
  }

  send(frame: ClientFrame): void {
    this.write(frame.bytes);
  }

  sendText(text: string): void {
    this.send(clientFrame(OPCODE.text, new TextEncoder().encode(text)));
  }

  readAgain(): void {
    this.#socket.resume();
  }

  /** Ends the connection without a closing handshake; `onEnd` is not called. */
  end(): void {
    this.#ended = true;
    this.#socket.destroy();
  }

  #onBytes(length: number): boolean {
    const bytes = READ_BUFFER.subarray(0, length);
    if (this.#head !== undefined) this.#onHead(bytes);
    else this.#reader.push(bytes);
    this.#options.onRead();
    if (this.naps !== undefined) {
      this.#socket.pause();
      this.naps.add(this);
    }
    return true;
  }

  #onHead(bytes: Uint8Array): void {
    const head = this.#head + new TextDecoder("latin1").decode(bytes);
    const end = head.indexOf(HEAD_END);
    if (end < 0) {
      this.#head = head;
      return;
    }
    this.#head = undefined;
    if (!head.startsWith("HTTP/1.1 101")) {
      this.#end(`expected a 101, got ${head.slice(0, head.indexOf("\r\n"))}`);
      return;
    }
    const rest = head.length - end - HEAD_END.length;
    this.#upgraded.resolve();
    if (rest > 0) this.#reader.push(bytes.slice(bytes.length - rest));
  }

  #onFrame(opcode: number, bytes: Uint8Array, start: number, end: number): void {
    if (opcode === OPCODE.text) this.#options.onText(bytes, start, end);
    else if (opcode === OPCODE.ping) this.send(clientFrame(OPCODE.pong, bytes.slice(start, end)));
    else if (opcode === OPCODE.close) {
      const code = end - start >= 2 ? bytes[start]! << 8 | bytes[start + 1]! : 1005;
      this.#end(`close code ${code}`);
    } else if (opcode !== OPCODE.pong) this.#end(`unexpected opcode ${opcode}`);
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.end();
    this.#upgraded.reject(new Error(reason));
    this.#options.onEnd(reason);
  }
}

function handshake({ port, path, subprotocol }: ConnectionOptions): string {
  return [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    // The example of RFC 6455, section 1.3: nothing here needs it to be random.
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...(subprotocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${subprotocol}`]),
  ].join("\r\n") + HEAD_END;
}
