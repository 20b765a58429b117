import type { SocketEnd, SocketListener } from "./socket.ts";

/** Messages kept for a connection nobody listens to yet; one more is refused. */
export const UNHEARD_MESSAGES_MAX = 64;

/** What to do when a listener throws: the connection must not take others down with it. */
export type ListenerFailed = (error: unknown, where: string) => void;

/**
 * Passes on what a connection reports: nothing before `listen`, nothing but the end once it closes,
 * the end exactly once. Both transports need it because neither `ws` nor Deno promises any of this.
 */
export class Reports {
  #listener: SocketListener | undefined;
  #unheard: string[] = [];
  #end: SocketEnd | undefined;
  #ended = false;
  #closing = false;

  constructor(private readonly failed: ListenerFailed) {}

  get ended(): boolean {
    return this.#end !== undefined;
  }

  /** From now on only the end is reported. */
  quiet(): void {
    this.#closing = true;
    this.#unheard = [];
  }

  listen(listener: SocketListener): void {
    if (this.#listener !== undefined) throw new Error("expected one listener, got a second");
    this.#listener = listener;
    while (this.#unheard.length > 0) this.#deliver(listener, this.#unheard.shift() ?? "");
    if (this.#end !== undefined) this.#reportEnd();
  }

  /** False: nobody listens yet and no more is kept. */
  text(text: string): boolean {
    if (this.#closing) return true;
    if (this.#listener === undefined) {
      return this.#unheard.length < UNHEARD_MESSAGES_MAX && this.#unheard.push(text) > 0;
    }
    this.#deliver(this.#listener, text);
    return true;
  }

  alive(): void {
    if (this.#closing) return;
    try {
      this.#listener?.onAlive();
    } catch (error) {
      this.failed(error, "onAlive");
    }
  }

  drain(): void {
    if (this.#closing) return;
    try {
      this.#listener?.onDrain();
    } catch (error) {
      this.failed(error, "onDrain");
    }
  }

  /** The first call counts, the others are ignored. */
  end(code: number, reason: string): void {
    if (this.#end !== undefined) return;
    this.#closing = true;
    this.#end = { code, reason };
    if (this.#listener !== undefined) this.#reportEnd();
  }

  #deliver(listener: SocketListener, text: string): void {
    try {
      listener.onText(text);
    } catch (error) {
      this.failed(error, "onText");
    }
  }

  #reportEnd(): void {
    if (this.#ended || this.#end === undefined) return;
    this.#ended = true;
    try {
      this.#listener?.onEnd(this.#end);
    } catch (error) {
      this.failed(error, "onEnd");
    }
  }
}
