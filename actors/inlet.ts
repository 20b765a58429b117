import { CLOSE } from "../protocol/errors.ts";
import type { Socket } from "../transport/socket.ts";
import type { Mailbox } from "./mailbox.ts";

/** Frames that wait for a reader: more than the shortest ones that one read of a socket brings. */
export const READER_BOUND = 16_384;
/** Characters that wait for a reader. */
export const READER_MAX_CHARS = 1024 * 1024;
/** From this many waiting frames or characters on, a socket that can be paused is. */
export const READER_PAUSE_FRAMES = 32;
export const READER_PAUSE_CHARS = 64 * 1024;

/** A text frame that came. */
export type ReaderMessage = string;

/**
 * The way from the socket to the reader, with both bounds of its queue. A transport that can be
 * paused never meets them; on one that cannot, who sends on regardless is flooding.
 */
export class Inlet {
  #frames = 0;
  #chars = 0;

  constructor(readonly socket: Socket, readonly inbox: Mailbox<ReaderMessage>) {}

  take(text: string): void {
    const fits = this.#chars === 0 || this.#chars + text.length <= READER_MAX_CHARS;
    if (!fits || !this.inbox.offer(text)) {
      if (!this.inbox.closed) this.socket.close(CLOSE.policyViolation, "flooding");
      return;
    }
    this.#frames++;
    this.#chars += text.length;
    if (this.#frames >= READER_PAUSE_FRAMES || this.#chars >= READER_PAUSE_CHARS) {
      this.socket.pause();
    }
  }

  /** A frame has been served. */
  served(text: string): void {
    this.#frames--;
    this.#chars -= text.length;
    if (this.#frames === 0) this.socket.resume();
  }
}
