import type { Frame, Socket } from "../transport/socket.ts";
import type { Clock } from "./clock.ts";

/** A connection's socket as those who send on it see it, and when it last heard and said something. */
export class Line {
  lastHeardMs: number;
  lastSaidMs: number;
  #drained: PromiseWithResolvers<void> | undefined;
  #ended = false;

  constructor(readonly socket: Socket, readonly clock: Clock) {
    this.lastHeardMs = this.lastSaidMs = clock.monotonic();
  }

  /** False: the frame was taken, but the socket is full; wait until it has `drained`. */
  send(frame: Frame): boolean {
    this.lastSaidMs = this.clock.monotonic();
    return this.socket.send(frame);
  }

  /** The peer gave a sign of life. */
  heard(): void {
    this.lastHeardMs = this.clock.monotonic();
  }

  /** Resolves when the socket drains, or ends. To be asked in the turn in which it was found full. */
  drained(): Promise<void> {
    if (this.#ended) return Promise.resolve();
    return (this.#drained ??= Promise.withResolvers<void>()).promise;
  }

  /** The socket has drained. */
  drain(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
  }

  /** The socket has ended: nobody is to wait for it. */
  end(): void {
    this.#ended = true;
    this.drain();
  }
}
