import type { Frame, Socket, SocketEnd, SocketListener } from "../transport/socket.ts";

/** A socket without a network: writes down what is done to it, and reports what a test says. */
export class FakeSocket implements Socket {
  readonly address = "192.0.2.1";
  readonly subprotocol = "";
  readonly frames: Frame[] = [];
  readonly closes: { readonly code: number; readonly reason: string }[] = [];
  pings = 0;
  terminated = 0;
  paused = false;
  /** False: more waits than may, until `drain`. */
  takes = true;
  /** Whether the transport can send protocol pings. */
  canPing = true;
  waitingBytes = 0;
  #listener: SocketListener | undefined;
  /** What came before anybody listened. */
  #early: ((listener: SocketListener) => void)[] = [];

  /** The text of every frame that was sent. */
  get texts(): string[] {
    return this.frames.map((frame) => frame.text);
  }

  listen(listener: SocketListener): void {
    this.#listener = listener;
    for (const report of this.#early.splice(0)) report(listener);
  }

  send(frame: Frame): boolean {
    this.frames.push(frame);
    return this.takes;
  }

  pause(): boolean {
    this.paused = true;
    return true;
  }

  resume(): void {
    this.paused = false;
  }

  ping(): boolean {
    if (this.canPing) this.pings++;
    return this.canPing;
  }

  close(code: number, reason: string): void {
    this.closes.push({ code, reason });
  }

  terminate(): void {
    this.terminated++;
  }

  /** What the peer sends. */
  receive(text: string): void {
    this.#report((listener) => listener.onText(text));
  }

  alive(): void {
    this.#report((listener) => listener.onAlive());
  }

  drain(): void {
    this.takes = true;
    this.#report((listener) => listener.onDrain());
  }

  end(end: SocketEnd = { code: 1006, reason: "" }): void {
    this.#report((listener) => listener.onEnd(end));
  }

  #report(report: (listener: SocketListener) => void): void {
    if (this.#listener) report(this.#listener);
    else this.#early.push(report);
  }
}
