import { Buffer } from "node:buffer";
import { type IncomingMessage, ServerResponse } from "node:http";
import type { Socket as TcpSocket } from "node:net";

const HEAD_END = Buffer.from("\r\n\r\n");
/** Less is not handed on by itself: line ends without end would be pieces without end. */
const SHORTEST_REQUEST_BYTES = Buffer.byteLength("GET / HTTP/1.1\r\n\r\n");
/** A request has one, or one more for its body; only who means harm has many. */
const PIECES_AT_A_TIME = 16;
/** Most requests are shorter. Six bytes are a chunk of a body, which costs 10 µs. */
const BYTES_AT_A_TIME = 1024;

/** What `node:http` keeps at a connection, and no type says. */
interface Parsed {
  readonly parser?: { unconsume?(): void } | null;
}

type Parse = (bytes: Buffer) => void;

/**
 * Lets the requests of a connection in one after the other (pipelining, RFC 9112, section 9.3.2).
 * `node:http` by itself parses all that came in one read, up to 64 KiB, also when the connection is
 * ended meanwhile: thousands of requests, each answered or aborted, while everybody else waits. Here
 * its parser is handed one head, or a little of a body, at a time, and nothing more while a whole
 * request waits for its answer: that stays in the stream, and behind it in the peer's own buffers.
 */
export class Turnstile {
  /** To be the server's `ServerResponse`: each request has one, also those no listener hears of. */
  readonly ServerResponse: typeof ServerResponse;
  readonly #lanes = new WeakMap<TcpSocket, Lane>();
  readonly #onError: (error: unknown) => void;

  /** `onError` is told what a listener threw; that connection is ended. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
    const lanes = this.#lanes;
    this.ServerResponse = class<Request extends IncomingMessage> extends ServerResponse<Request> {
      constructor(...from: ConstructorParameters<typeof ServerResponse<Request>>) {
        super(...from);
        lanes.get(from[0].socket)?.enter(from[0], this);
      }
    } as typeof ServerResponse;
  }

  /** To be called for each connection, after the server's own listener. */
  add(tcp: TcpSocket & Parsed): void {
    const parse = tcp.listeners("data")[0] as Parse | undefined;
    if (parse === undefined || tcp.parser?.unconsume === undefined) return;
    // Otherwise the parser is fed past the stream.
    tcp.parser.unconsume();
    tcp.off("data", parse);
    this.#lanes.set(tcp, new Lane(tcp, parse, this.#onError));
  }

  /** The connection has left HTTP and is another's to read: it costs nothing any more. */
  leave(tcp: TcpSocket): void {
    this.#lanes.get(tcp)?.leave();
    this.#lanes.delete(tcp);
  }
}

class Lane {
  readonly #tcp: TcpSocket;
  readonly #parse: Parse;
  readonly #onError: (error: unknown) => void;
  /** Requests that have not been answered. */
  #underWay = 0;
  #last: IncomingMessage | undefined;
  #holding = false;
  #left = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tcp: TcpSocket, parse: Parse, onError: (error: unknown) => void) {
    this.#tcp = tcp;
    this.#parse = parse;
    this.#onError = onError;
    tcp.on("data", this.#take);
    tcp.on("close", this.leave);
  }

  enter(incoming: IncomingMessage, outgoing: ServerResponse): void {
    this.#underWay++;
    this.#last = incoming;
    outgoing.once("close", () => {
      this.#underWay--;
      if (this.#holding) this.#goOnSoon();
    });
  }

  readonly leave = (): void => {
    this.#left = true;
    clearTimeout(this.#timer);
    this.#tcp.off("data", this.#take);
    this.#tcp.off("close", this.leave);
  };

  readonly #take = (bytes: Buffer): void => {
    const rest = this.#handOn(bytes);
    if (rest.length === 0 || this.#tcp.destroyed) return;
    // Whoever reads a body may have paused its connection, and resumes it.
    if (!this.#left && (this.#holding || !this.#tcp.isPaused())) {
      this.#holding = true;
      this.#tcp.pause();
      this.#goOnSoon();
    }
    this.#tcp.unshift(rest);
  };

  /** Returns what has to wait. */
  #handOn(bytes: Buffer): Buffer {
    let rest = bytes.subarray(0, BYTES_AT_A_TIME);
    try {
      for (let n = 0; n < PIECES_AT_A_TIME && rest.length > 0 && this.#isOpen(); n++) {
        const end = rest.indexOf(HEAD_END, SHORTEST_REQUEST_BYTES - HEAD_END.length);
        const piece = end < 0 ? rest : rest.subarray(0, end + HEAD_END.length);
        rest = rest.subarray(piece.length);
        this.#parse(piece);
      }
    } catch (error) {
      this.#onError(error);
      this.#tcp.destroy();
    }
    return bytes.subarray(Math.min(bytes.length, BYTES_AT_A_TIME) - rest.length);
  }

  #isOpen(): boolean {
    const { destroyed } = this.#tcp;
    return !destroyed && !this.#left && !this.#holding && !this.#tcp.isPaused() && this.#isFree;
  }

  /** The rest of a request that is not whole yet may come. */
  get #isFree(): boolean {
    return this.#underWay === 0 || this.#last?.complete === false;
  }

  /**
   * By a timer: an answer that waits for nothing comes within the same turn, and while `setImmediate`
   * wakes it, the event loop looks for what others sent only every 61st time (Deno 2.9.6).
   */
  #goOnSoon(): void {
    if (!this.#isFree) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#holding = false;
      this.#tcp.resume();
    });
  }
}
