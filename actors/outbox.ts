import type { Frame } from "../transport/socket.ts";
import type { Ref } from "./actor.ts";

/** Most frames that wait for one connection; the next one closes it with 1013. */
export const WRITER_BOUND = 256;
/** Most characters that wait for one connection, except that one frame always may. */
export const WRITER_MAX_CHARS = 2 * 1024 * 1024;

export type WriterMessage =
  | Frame
  /** Sends what is queued, then starts the closing handshake. */
  | { readonly close: number; readonly reason: string }
  /** The time of the next heartbeat check. */
  | "tick";

/**
 * The way to a connection's writer, with both bounds of its queue. Whoever is refused has nothing
 * to do: the connection is being closed and its client will resume.
 */
export class Outbox {
  #waitingChars = 0;
  /** The last frame in the queue, when it is this connection's alone. */
  #own: { text: string } | undefined;
  /** `early`: its client is to be greeted first. `ended`: nothing more is taken. */
  #state: "early" | "open" | "ended";
  /** What came before the greeting. */
  #early: string[] = [];

  /** @param options `greeted`: nothing is sent before `greet`. */
  constructor(
    readonly writer: Ref<WriterMessage>,
    /** Called once, when a bound is hit: the connection is too slow and must go. */
    readonly onOverflow: () => void,
    options: { readonly greeted?: boolean } = {},
  ) {
    this.#state = options.greeted ? "early" : "open";
  }

  /** The first thing that is said, if anything, and then what came before. Safe twice. */
  greet(text?: string): void {
    if (this.#state !== "early") return;
    this.#state = "open";
    if (text !== undefined) this.say(text);
    for (const each of this.#early.splice(0)) this.say(each);
  }

  send(frame: Frame): boolean {
    if (this.#state !== "open") return this.#hold(frame.text);
    this.#own = undefined;
    if (this.#fits(frame.text) && this.writer.tell(frame)) {
      this.#waitingChars += frame.text.length;
      return true;
    }
    if (this.writer.alive) this.overflow();
    return false;
  }

  /** Ends a connection for which more waits than may. Safe twice. */
  overflow(): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.onOverflow();
  }

  /** What only this connection gets; what was said last and still waits is said together. */
  say(text: string): boolean {
    const own = this.#own;
    if (this.#state === "early") return this.#hold(text);
    if (!own || this.#state === "ended" || !this.writer.alive) {
      const frame = { text };
      const taken = this.send(frame);
      if (taken) this.#own = frame;
      return taken;
    }
    if (!this.#fits(text)) {
      this.overflow();
      return false;
    }
    own.text += `\n${text}`;
    this.#waitingChars += text.length + 1;
    return true;
  }

  /** Closes after what is queued. Safe twice. */
  close(code: number, reason: string): void {
    this.greet();
    if (this.#state === "ended") return;
    if (this.writer.tell({ close: code, reason })) this.#state = "ended";
    // A full queue is a peer that does not keep up: that is what it is told instead.
    else if (this.writer.alive) this.overflow();
  }

  /** For the writer: everything has left the queue, `chars` of it. */
  taken(chars: number): void {
    this.#own = undefined;
    this.#waitingChars -= chars;
  }

  #hold(text: string): boolean {
    if (this.#state === "ended") return false;
    if (this.#early.length < WRITER_BOUND) return this.#early.push(text) > 0;
    this.overflow();
    return false;
  }

  #fits(text: string): boolean {
    return this.#waitingChars === 0 || this.#waitingChars + text.length <= WRITER_MAX_CHARS;
  }
}
