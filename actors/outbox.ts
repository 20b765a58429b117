import type { Frame } from "../transport/socket.ts";
import type { Ref } from "./actor.ts";
import type { Line } from "./line.ts";
import { Pace } from "./pace.ts";
import { wakeWhenSettled } from "./phases.ts";
import { PIECE_MAX_CHARS, piecesOf } from "./pieces.ts";

/** Most frames that wait for one connection; the next one closes it with 1013. */
export const WRITER_BOUND = 256;
/**
 * Most characters that wait for one connection, except that one frame always may; and as many again
 * that its rooms hold for it until what came before has been read.
 */
export const WRITER_MAX_CHARS = 2 * 1024 * 1024;

export type WriterMessage =
  | Frame
  /** The socket is full: the rest of the frame that filled it is sent when it has drained. */
  | { readonly drained: Promise<void>; readonly rest: Iterator<Frame> | undefined }
  /** The socket failed to take a frame: that ends the connection. */
  | { readonly failed: unknown }
  /** Sends what is queued, then starts the closing handshake. */
  | { readonly close: number; readonly reason: string }
  /** The time of the next heartbeat check. */
  | "tick";

export interface OutboxOptions {
  /** Nothing is sent before `greet`. */
  readonly greeted?: boolean;
  /** Where a turn's frame goes at once while the socket takes it. Without: all goes to the writer. */
  readonly line?: Line;
}

/**
 * The way out of a connection, with both bounds of what may wait there. What a turn brings leaves
 * as one frame at the end of the turn: straight to the socket as long as that takes it, so that a
 * frame for a thousand members is not a thousand messages more (docs/performance.md); and while it
 * does not, to the connection's writer, who waits. Whoever is refused has nothing to do: the
 * connection is being closed and its client will resume. Long because all ways out keep one order.
 */
export class Outbox {
  readonly #line: Line | undefined;
  /** What this turn has brought so far, and how many frames it was. */
  #turn: Frame | undefined;
  #turnFrames = 0;
  /** The writer has what must be sent before: what comes goes to it, too. */
  #behind: boolean;
  #waitingChars = 0;
  #heldChars = 0;
  /** The last frame that waits, when it is this connection's alone. */
  #own: { text: string } | undefined;
  /** `early`: its client is to be greeted first. `ended`: nothing more is taken. */
  #state: "early" | "open" | "ended";
  #closing = false;
  /** What came before the greeting. */
  #early: string[] = [];
  /** Those who wait for `room`. */
  #room: PromiseWithResolvers<void> | undefined;
  #pace: Pace | undefined;

  constructor(
    readonly writer: Ref<WriterMessage>,
    /** Called once, when a bound is hit: the connection is too slow and must go. */
    readonly onOverflow: () => void,
    { greeted = false, line }: OutboxOptions = {},
  ) {
    this.#state = greeted ? "early" : "open";
    this.#line = line;
    this.#behind = line === undefined;
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
    if (this.#turn && this.#isTurnFull(frame.text)) this.#leave();
    if (this.#fits(frame.text) && this.#take(frame)) {
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
    this.#makeRoom();
    this.onOverflow();
  }

  /** What only this connection gets; what was said last and still waits is said together. */
  say(text: string): boolean {
    const own = this.#own;
    if (this.#state === "early") return this.#hold(text);
    if (own && this.#state === "open" && this.writer.alive && this.#fits(text)) {
      own.text += `\n${text}`;
      this.#waitingChars += text.length + 1;
      return true;
    }
    const frame = { text };
    const taken = this.send(frame);
    if (taken) this.#own = this.#turn ?? frame;
    return taken;
  }

  /**
   * What is long is made piece by piece, as the socket takes it. The first goes out with what was
   * said before: what is not long after all is one frame with it.
   */
  sayLong(pieces: Iterator<Frame>): void {
    const first = pieces.next();
    if (first.done) return;
    this.say(first.value.text);
    const second = pieces.next();
    if (second.done) return;
    const rest = followed([second.value], pieces);
    if (this.#turn) return this.#sendTurn(false, rest);
    // Behind what waits, it waits whole.
    for (const { text } of rest) this.say(text);
  }

  /**
   * Resolves when the socket takes what is said next, or when nothing is said any more; undefined:
   * it does now.
   */
  room(): Promise<void> | undefined {
    if (!this.#line || !this.#behind || this.#state === "ended") return undefined;
    return (this.#room ??= Promise.withResolvers<void>()).promise;
  }

  /** Reads what the client has asked for, at most so many `rows`, when there is room (pace.ts). */
  inTurn<T>(rows: number, read: () => Promise<T>): Promise<T> {
    return (this.#pace ??= new Pace(this)).run(rows, read);
  }

  /** It is to be closed: what its client still says is not heard any more. */
  get closing(): boolean {
    return this.#closing;
  }

  /** Counts what a room is to hold for it; false: that is too much, with what others hold. */
  mayHold({ text }: Frame): boolean {
    if (this.#heldChars > 0 && this.#heldChars + text.length > WRITER_MAX_CHARS) return false;
    this.#heldChars += text.length;
    return true;
  }

  /** A room holds this no longer. */
  letGo(held: readonly Frame[]): void {
    for (const { text } of held) this.#heldChars -= text.length;
  }

  /** Closes after what waits. Safe twice. */
  close(code: number, reason: string): void {
    this.greet();
    if (this.#state === "ended") return;
    this.#closing = true;
    this.#leave();
    if (this.writer.tell({ close: code, reason })) this.#state = "ended";
    // A full queue is a peer that does not keep up: that is what it is told instead.
    else if (this.writer.alive) this.overflow();
  }

  /** For the writer: everything has left its queue, `chars` of it. */
  taken(chars: number): void {
    this.#own = undefined;
    this.#waitingChars -= chars;
  }

  /** For the writer: it has sent all it had, and the socket takes more. */
  caughtUp(): void {
    this.#behind = this.#line === undefined;
    this.#makeRoom();
  }

  /** For the writer, as the last it does. What the turn has brought is sent. */
  end(): void {
    // Nobody is left to wait with the rest.
    this.#sendTurn(true);
    this.#state = "ended";
    this.#makeRoom();
  }

  #take(frame: Frame): boolean {
    if (this.#behind || !this.writer.alive) return this.writer.tell(frame);
    this.#turnFrames++;
    if (this.#turn) {
      // Another one than the first, which others may be sent, too.
      this.#turn = { text: `${this.#turn.text}\n${frame.text}` };
    } else {
      this.#turn = frame;
      wakeWhenSettled(this.#leave);
    }
    return true;
  }

  /**
   * Sends what the turn has brought, piece by piece while the socket takes it; the writer sends the
   * rest. A single shared frame goes out as it is, encoded once for all.
   */
  readonly #leave = (): void => this.#sendTurn();

  /** `rest`: what goes out behind it. `whole`: all of it, whatever the socket takes. */
  #sendTurn(whole = false, rest?: Iterator<Frame>): void {
    const turn = this.#turn;
    const line = this.#line;
    if (!turn || !line) return;
    this.#turn = undefined;
    this.#turnFrames = 0;
    this.taken(this.#waitingChars);
    try {
      if (rest || turn.text.length > PIECE_MAX_CHARS) {
        return this.#sendPieces(line, followed(piecesOf(turn), rest), whole);
      }
      if (line.send(turn)) return;
      this.writer.tell({ drained: line.drained(), rest: undefined });
    } catch (error) {
      this.writer.tell({ failed: error });
    }
    this.#behind = true;
  }

  #sendPieces(line: Line, pieces: Iterator<Frame>, whole = false): void {
    for (let next = pieces.next(); !next.done; next = pieces.next()) {
      if (line.send(next.value) || whole) continue;
      this.writer.tell({ drained: line.drained(), rest: pieces });
      this.#behind = true;
      return;
    }
  }

  #hold(text: string): boolean {
    if (this.#state === "ended") return false;
    if (this.#early.length < WRITER_BOUND) return this.#early.push(text) > 0;
    this.overflow();
    return false;
  }

  #makeRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  /** One turn may bring more than may wait: as long as the socket takes it, nothing has to. */
  #isTurnFull(next: string): boolean {
    return this.#turnFrames === WRITER_BOUND || !this.#fits(next);
  }

  #fits(text: string): boolean {
    return this.#waitingChars === 0 || this.#waitingChars + text.length <= WRITER_MAX_CHARS;
  }
}

/** These, and then the rest, each made when it is asked for. */
function* followed(
  frames: Iterable<Frame>,
  rest?: Iterator<Frame>,
): Generator<Frame, undefined> {
  yield* frames;
  for (let next = rest?.next(); next && !next.done; next = rest?.next()) yield next.value;
}
