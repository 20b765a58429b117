import type { Buffer } from "node:buffer";
import type { Socket as TcpSocket } from "node:net";
import type { WebSocket as WsSocket } from "ws";
import { closeReason } from "./close_reason.ts";
import { ControlFrameLimit } from "./control_frame_limit.ts";
import { wireOf } from "./frame.ts";
import { Reports } from "./reports.ts";
import type { Frame, Socket, SocketEnd, SocketListener } from "./socket.ts";

export interface GuardedSocketOptions {
  readonly address: string;
  onError(error: unknown, where: string): void;
  /** The TCP connection is closed and its memory free. */
  onGone(): void;
}

/**
 * A connection over `ws` and its TCP socket. `ws` reads, answers pings and closes; text frames are
 * written to the TCP socket whole, from one buffer that all receivers share. That is safe because
 * `ws` writes each of its own frames in one piece too when nothing is compressed.
 */
export class GuardedSocket implements Socket {
  readonly address: string;
  readonly subprotocol: string;
  readonly #ws: WsSocket;
  readonly #tcp: TcpSocket;
  readonly #reports: Reports;
  readonly #controlFrames = new ControlFrameLimit();
  #closing: SocketEnd | undefined;
  #full = false;

  constructor(ws: WsSocket, tcp: TcpSocket, options: GuardedSocketOptions) {
    this.#ws = ws;
    this.#tcp = tcp;
    this.address = options.address;
    this.subprotocol = ws.protocol;
    this.#reports = new Reports((error, where) => {
      options.onError(error, where);
      this.terminate();
    });
    ws.on("message", (data, isBinary) => this.#message(data, isBinary));
    ws.on("ping", () => this.#control());
    ws.on("pong", () => this.#control());
    ws.on("error", (error) => this.#violation(error.code));
    ws.on("close", (code, reason) => {
      options.onGone();
      const end = this.#closing ?? { code, reason: reason.toString() };
      this.#reports.end(end.code, end.reason);
    });
    tcp.on("drain", () => {
      if (!this.#full) return;
      this.#full = false;
      this.#reports.drain();
    });
    // Until someone listens, what the peer sends waits in the kernel.
    ws.pause();
  }

  listen(listener: SocketListener): void {
    this.#reports.listen(listener);
    this.#ws.resume();
  }

  send(frame: Frame): boolean {
    if (this.#closing !== undefined || !this.#tcp.writable) return true;
    // The stream's own mark is HIGH_WATER_BYTES (guarded.ts), and `drain` follows every false.
    const more = this.#tcp.write(wireOf(frame));
    if (!more) this.#full = true;
    return more;
  }

  get waitingBytes(): number {
    return this.#tcp.writableLength;
  }

  /** What one read from the network brought is still reported: 64 KiB at most. */
  pause(): boolean {
    this.#ws.pause();
    return true;
  }

  resume(): void {
    this.#ws.resume();
  }

  ping(): boolean {
    if (this.#closing === undefined && this.#tcp.writable) this.#ws.ping();
    return true;
  }

  close(code: number, reason: string): void {
    if (this.#closing !== undefined || this.#reports.ended) return;
    this.#closing = { code, reason };
    this.#reports.quiet();
    // `ws` destroys the connection when the answer takes longer than `closeTimeout`. Its answer
    // must be read even if the reader had paused.
    this.#ws.close(code, closeReason(reason));
    this.#ws.resume();
  }

  terminate(): void {
    if (this.#reports.ended) return;
    this.#closing ??= { code: 1006, reason: "" };
    this.#reports.quiet();
    this.#ws.terminate();
  }

  #message(data: Buffer, isBinary: boolean): void {
    if (isBinary) this.close(1003, "expected text, got a binary message");
    else this.#reports.text(data.toString());
  }

  #control(): void {
    if (this.#controlFrames.take()) this.#reports.alive();
    else this.close(1008, "too many pings");
  }

  /** `ws` has seen a broken frame and closes by itself; what is left is to know with which code. */
  #violation(code: string | undefined): void {
    this.#reports.quiet();
    this.#closing ??= { code: closeCodeOf(code), reason: code ?? "" };
  }
}

function closeCodeOf(wsError: string | undefined): number {
  switch (wsError) {
    case "WS_ERR_INVALID_UTF8":
      return 1007;
    case "WS_ERR_TOO_MANY_BUFFERED_PARTS":
      return 1008;
    case "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH":
    case "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH":
      return 1009;
    default:
      return wsError?.startsWith("WS_ERR_") ? 1002 : 1006;
  }
}
