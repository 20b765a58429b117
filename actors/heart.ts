import type { Frame } from "../transport/socket.ts";
import type { Self } from "./actor.ts";
import type { Line } from "./line.ts";
import type { WriterMessage } from "./outbox.ts";

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

export interface HeartOptions {
  readonly line: Line;
  readonly times: WriterTimes;
  /** What a JSON client gets as a sign of life; text clients get only protocol pings. */
  readonly pingFrame?: Frame | undefined;
}

/** Pings a quiet line and notices a peer that is gone. */
export class Heart {
  #cancel = () => {};
  /** Since when the peer owes a sign of life: unless it was asked, silence proves nothing. */
  #askedMs: number | undefined;

  constructor(readonly self: Self<WriterMessage>, readonly options: HeartOptions) {
    this.#tickAfter(options.times.heartbeatMs);
  }

  /** False: the peer was asked and has not been heard of for too long. */
  beat(): boolean {
    const { line, times, pingFrame } = this.options;
    const nowMs = this.self.clock.monotonic();
    const unheardMs = nowMs - line.lastHeardMs;
    if (this.#askedMs !== undefined && line.lastHeardMs > this.#askedMs) this.#askedMs = undefined;
    if (this.#overdueInMs(nowMs) <= 0) return false;
    if (unheardMs >= times.heartbeatMs && line.socket.ping()) this.#askedMs ??= nowMs;
    const unsaidMs = nowMs - line.lastSaidMs;
    if (pingFrame && unsaidMs >= times.heartbeatMs) {
      line.send(pingFrame);
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
