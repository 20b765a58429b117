// `ws` ships no types. Declared here: only what Hubbub uses of it.

declare module "ws" {
  import type { Buffer } from "node:buffer";
  import type { EventEmitter } from "node:events";
  import type { IncomingMessage } from "node:http";
  import type { Duplex } from "node:stream";

  export interface ServerOptions {
    readonly noServer: true;
    readonly clientTracking: boolean;
    readonly perMessageDeflate: false;
    /** Milliseconds a peer has to finish the closing handshake. */
    readonly closeTimeout: number;
    /** Bytes of one message; longer ends with 1009. */
    readonly maxPayload: number;
    /** Frames of one message; more ends with 1008. */
    readonly maxFragments: number;
    /** Reads kept while a frame is not whole; more ends with 1008. */
    readonly maxBufferedChunks: number;
    /** Pongs that wait to be written; more terminates. */
    readonly maxPendingAutoPongs: number;
    handleProtocols(offered: Set<string>, request: IncomingMessage): string | false;
  }

  export class WebSocketServer extends EventEmitter {
    constructor(options: ServerOptions);
    handleUpgrade(
      request: IncomingMessage,
      socket: Duplex,
      head: Buffer,
      done: (socket: WebSocket) => void,
    ): void;
  }

  export class WebSocket extends EventEmitter {
    readonly protocol: string;
    on(event: "message", listener: (data: Buffer, isBinary: boolean) => void): this;
    on(event: "ping" | "pong", listener: (data: Buffer) => void): this;
    on(event: "error", listener: (error: Error & { code?: string }) => void): this;
    on(event: "close", listener: (code: number, reason: Buffer) => void): this;
    close(code?: number, reason?: string): void;
    pause(): void;
    resume(): void;
    ping(): void;
    terminate(): void;
  }
}
