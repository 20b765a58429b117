import { closeReason } from "./close_reason.ts";
import { drainWatch } from "./drain_watch.ts";
import { Reports } from "./reports.ts";
import { type Frame, HIGH_WATER_BYTES, type Socket, type SocketListener } from "./socket.ts";

/** A UTF-16 unit is at most this many bytes of UTF-8. */
const UTF8_BYTES_PER_UNIT_MAX = 3;
const encoder = new TextEncoder();

export interface NativeSocketOptions {
  readonly address: string;
  /** Given here because a server's WebSocket in Deno does not know its own. */
  readonly subprotocol: string;
  readonly maxFrameBytes: number;
  readonly closeTimeoutMs: number;
  onError(error: unknown, where: string): void;
  /** The connection has ended, or was given up: Deno cannot free a peer that does not read. */
  onGone(): void;
}

/**
 * A connection over Deno's own WebSocket. What Deno cannot do is not done: reading cannot be paused,
 * a ping cannot be sent, and a peer that stops reading keeps its memory after `terminate` until it
 * goes by itself.
 */
export class NativeSocket implements Socket {
  readonly address: string;
  readonly subprotocol: string;
  readonly #web: WebSocket;
  readonly #options: NativeSocketOptions;
  readonly #reports: Reports;
  #closing: { readonly code: number; readonly reason: string } | undefined;
  #closeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(web: WebSocket, options: NativeSocketOptions) {
    this.#web = web;
    this.#options = options;
    this.address = options.address;
    this.subprotocol = options.subprotocol;
    this.#reports = new Reports((error, where) => {
      options.onError(error, where);
      this.terminate();
    });
    web.onmessage = (event) => this.#message(event.data);
    web.onclose = (event) => this.#end(event.code, event.reason);
    // An error is followed by `close`, but not always; the second ending is ignored.
    web.onerror = (event) => {
      event.preventDefault();
      queueMicrotask(() => this.#end(1006, ""));
    };
  }

  listen(listener: SocketListener): void {
    this.#reports.listen(listener);
  }

  send(frame: Frame): boolean {
    if (this.#closing !== undefined || this.#web.readyState !== WebSocket.OPEN) return true;
    this.#web.send(frame.text);
    if (this.#web.bufferedAmount <= HIGH_WATER_BYTES) return true;
    drainWatch.add(this.#web, () => this.#reports.drain());
    return false;
  }

  get waitingBytes(): number {
    return this.#web.bufferedAmount;
  }

  pause(): boolean {
    return false;
  }

  resume(): void {}

  ping(): boolean {
    return false;
  }

  close(code: number, reason: string): void {
    if (this.#closing !== undefined || this.#reports.ended) return;
    this.#closing = { code, reason };
    this.#reports.quiet();
    this.#closeTimer = setTimeout(() => this.#end(code, reason), this.#options.closeTimeoutMs);
    this.#closeWeb(code, closeReason(reason));
  }

  terminate(): void {
    if (this.#reports.ended) return;
    this.#reports.quiet();
    this.#closing ??= { code: 1006, reason: "" };
    this.#closeWeb();
    queueMicrotask(() => this.#end(1006, ""));
  }

  #message(data: unknown): void {
    if (typeof data !== "string") {
      this.close(1003, "expected text, got a binary message");
    } else if (!this.#fits(data)) {
      this.close(1009, `expected at most ${this.#options.maxFrameBytes} bytes in a message`);
    } else if (!this.#reports.text(data)) {
      this.close(1008, "too many messages before the server was ready");
    }
  }

  #fits(text: string): boolean {
    const limit = this.#options.maxFrameBytes;
    if (text.length * UTF8_BYTES_PER_UNIT_MAX <= limit) return true;
    return text.length <= limit && encoder.encode(text).byteLength <= limit;
  }

  #closeWeb(code?: number, reason?: string): void {
    drainWatch.delete(this.#web);
    try {
      this.#web.close(code, reason);
    } catch (error) {
      // Codes that JavaScript may not send (1001 to 1015 but 1000) are refused by some versions.
      this.#options.onError(error, "close");
    }
  }

  #end(code: number, reason: string): void {
    if (this.#reports.ended) return;
    clearTimeout(this.#closeTimer);
    drainWatch.delete(this.#web);
    this.#options.onGone();
    const end = this.#closing ?? { code: code === 0 ? 1006 : code, reason };
    this.#reports.end(end.code, end.reason);
  }
}
