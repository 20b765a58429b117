import { CLOSE } from "../protocol/errors.ts";
import type { Frame, Socket } from "../transport/socket.ts";
import type { Behaviour, Ref, Self } from "./actor.ts";
import type { Clock } from "./clock.ts";

/** Most frames that wait for one connection; the next one closes it with 1013. */
export const WRITER_BOUND = 256;
/** Most characters that wait for one connection, except that one frame always may. */
export const WRITER_MAX_CHARS = 2 * 1024 * 1024;

export interface WriterTimes {
  /** A socket that takes nothing for this long is ended. */
  readonly writeTimeoutMs: number;
  /** A line without a word in either direction for this long gets a ping. */
  readonly heartbeatMs: number;
  /** A peer not heard of for this long is taken for gone. Longer than two heartbeats. */
  readonly idleTimeoutMs: number;
}

/** The chat example's times: pongWait 60 s, writeWait 10 s, and pings well within pongWait. */
export const DEFAULT_TIMES: WriterTimes = {
  writeTimeoutMs: 10_000,
  heartbeatMs: 25_000,
  idleTimeoutMs: 60_000,
};

export type WriterMessage =
  | Frame
  /** Sends what is queued, then starts the closing handshake. */
  | { readonly close: number; readonly reason: string }
  /** The time of the next heartbeat check. */
  | "tick";

/** When a connection last heard and said something. Written by its reader's and writer's side. */
export class Line {
  lastHeardMs: number;
  lastSaidMs: number;
  constructor(clock: Clock) {
    this.lastHeardMs = this.lastSaidMs = clock.monotonic();
  }
}

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

export interface WriterOptions {
  readonly socket: Socket;
  readonly line: Line;
  readonly times: WriterTimes;
  /** What a JSON client gets as a sign of life; text clients get only protocol pings. */
  readonly pingFrame?: Frame | undefined;
  /** The outbox, which exists only once this actor does. */
  outbox(): Outbox;
  /** Resolves when the socket drains or ends. */
  drained(): Promise<void>;
  /** Told before a socket that takes nothing is ended. */
  onStuck?(): void;
}

/**
 * One per connection: takes all that is queued, joins it into one frame and sends it. A single
 * shared frame goes out as it is, so that its wire form is made once for all who get it. Sends the
 * heartbeat when the line is quiet and ends a peer that is not heard of.
 */
export function writer(options: WriterOptions): Behaviour<WriterMessage> {
  return async (self) => {
    const { socket, line, outbox } = options;
    const heart = new Heart(self, options);
    const finish = ({ close, tick }: Turn): boolean => {
      if (close) socket.close(close.close, close.reason);
      else if (tick && !heart.beat()) {
        socket.close(CLOSE.heartbeatTimeout, "no answer to the heartbeat");
      } else return false;
      return true;
    };
    const waitFor = async (turn: Turn): Promise<boolean> => {
      if (await drainedInTime(self, options)) return finish(turn);
      options.onStuck?.();
      socket.terminate();
      return true;
    };
    try {
      await self.inbox.each((batch) => {
        const turn = gather(batch);
        if (turn.frame) {
          outbox().taken(turn.chars);
          line.lastSaidMs = self.clock.monotonic();
          if (!socket.send(turn.frame)) return waitFor(turn);
        }
        return finish(turn);
      });
    } finally {
      heart.stop();
    }
  };
}

interface Turn {
  frame: Frame | undefined;
  chars: number;
  close: { readonly close: number; readonly reason: string } | undefined;
  tick: boolean;
}

/** A turn's messages as one: frames up to the first close, joined by newlines. */
function gather(batch: readonly WriterMessage[]): Turn {
  const turn: Turn = { frame: undefined, chars: 0, close: undefined, tick: false };
  let parts: string[] | undefined;
  for (const message of batch) {
    if (message === "tick") turn.tick = true;
    else if ("close" in message) turn.close ??= message;
    else if (!turn.close) {
      turn.chars += message.text.length;
      if (!turn.frame) turn.frame = message;
      else (parts ??= [turn.frame.text]).push(message.text);
    }
  }
  if (parts) turn.frame = { text: parts.join("\n") };
  return turn;
}

/** Pings a quiet line and notices a peer that is gone. */
class Heart {
  #cancel = () => {};
  /** Since when the peer owes a sign of life: unless it was asked, silence proves nothing. */
  #askedMs: number | undefined;

  constructor(readonly self: Self<WriterMessage>, readonly options: WriterOptions) {
    this.#tickAfter(options.times.heartbeatMs);
  }

  /** False: the peer was asked and has not been heard of for too long. */
  beat(): boolean {
    const { socket, line, times, pingFrame } = this.options;
    const nowMs = this.self.clock.monotonic();
    const unheardMs = nowMs - line.lastHeardMs;
    if (this.#askedMs !== undefined && line.lastHeardMs > this.#askedMs) this.#askedMs = undefined;
    if (this.#overdueInMs(nowMs) <= 0) return false;
    if (unheardMs >= times.heartbeatMs && socket.ping()) this.#askedMs ??= nowMs;
    const unsaidMs = nowMs - line.lastSaidMs;
    if (pingFrame && unsaidMs >= times.heartbeatMs) {
      socket.send(pingFrame);
      line.lastSaidMs = nowMs;
      this.#askedMs ??= nowMs;
    }
    // Each direction has a time of its own: a room that talks on does not put off asking a peer
    // that says nothing.
    const next = [this.#overdueInMs(nowMs), this.#dueInMs(unsaidMs), this.#dueInMs(unheardMs)];
    this.#tickAfter(Math.max(1, Math.min(...next)));
    return true;
  }

  stop(): void {
    this.#cancel();
  }

  /** A peer has what a heartbeat leaves of the idle timeout to answer, however long it was quiet. */
  #overdueInMs(nowMs: number): number {
    const { heartbeatMs, idleTimeoutMs } = this.options.times;
    return (this.#askedMs ?? Infinity) + idleTimeoutMs - heartbeatMs - nowMs;
  }

  /** When a direction that has been quiet for so long is looked at again. */
  #dueInMs(quietMs: number): number {
    const { heartbeatMs } = this.options.times;
    return quietMs < heartbeatMs ? heartbeatMs - quietMs : heartbeatMs;
  }

  #tickAfter(delayMs: number): void {
    this.#cancel = this.self.clock.after(delayMs, () => {
      // A full mailbox means a busy line: look again a heartbeat later.
      if (!this.self.ref.tell("tick")) this.#tickAfter(this.options.times.heartbeatMs);
    });
  }
}

async function drainedInTime(
  self: Self<WriterMessage>,
  options: WriterOptions,
): Promise<boolean> {
  let cancel = () => {};
  const tooLate = new Promise<boolean>((resolve) => {
    cancel = self.clock.after(options.times.writeTimeoutMs, () => resolve(false));
  });
  const inTime = await Promise.race([options.drained().then(() => true), tooLate]);
  cancel();
  return inTime;
}
