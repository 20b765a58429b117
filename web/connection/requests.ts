import type { CommandType } from "../../protocol/commands.ts";
import type { Clock } from "./ports.ts";
import { type CommandBody, LineLost, Refused, type ReplyTo, type ServerEvent } from "./wire.ts";

/** A command without a reply for this long makes one doubt the line. */
export const REPLY_DOUBT_MS = 6_000;
/** A command without a reply for this long fails. */
export const REPLY_TIMEOUT_MS = 20_000;

interface Waiting {
  readonly resolve: (reply: ServerEvent) => void;
  readonly reject: (error: Error) => void;
  cancelTimer: () => void;
}

/** Numbers commands and hands each reply to the one who asked. */
export class Requests {
  #next = 1;
  readonly #waiting = new Map<number, Waiting>();

  /** `onDoubt`: a reply is late; the line may be dead although nobody has said so. */
  constructor(
    private readonly clock: Clock,
    private readonly send: (text: string) => boolean,
    private readonly onDoubt: () => void,
  ) {}

  /** Throws `Refused` with the server's reason, or `LineLost`. */
  ask<T extends CommandType>(command: CommandBody<T>): Promise<ReplyTo<T>> {
    const id = this.#next++;
    return new Promise<ReplyTo<T>>((resolve, reject) => {
      if (!this.send(JSON.stringify({ ...command, id }))) {
        return reject(new LineLost("the line is down"));
      }
      const fail = () => {
        this.#waiting.delete(id);
        reject(new LineLost(`no reply within ${REPLY_TIMEOUT_MS / 1000} s`));
      };
      const waiting: Waiting = {
        // The server names the reply to each command; `answer` has checked that it is no error.
        resolve: (reply) => resolve(reply as ReplyTo<T>),
        reject,
        cancelTimer: this.clock.after(REPLY_DOUBT_MS, () => {
          waiting.cancelTimer = this.clock.after(REPLY_TIMEOUT_MS - REPLY_DOUBT_MS, fail);
          this.onDoubt();
        }),
      };
      this.#waiting.set(id, waiting);
    });
  }

  /** True when the event was a reply to one of ours. */
  answer(event: ServerEvent): boolean {
    if (!("re" in event) || typeof event.re !== "number") return false;
    const waiting = this.#waiting.get(event.re);
    if (!waiting) return false;
    this.#waiting.delete(event.re);
    waiting.cancelTimer();
    if (event.type === "error") {
      waiting.reject(new Refused(event.code, event.message, event.retry_ms));
    } else waiting.resolve(event);
    return true;
  }

  /** The line is gone, and every reply with it. */
  lose(): void {
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { cancelTimer, reject } of lost) {
      cancelTimer();
      reject(new LineLost("the line went down before the reply came"));
    }
  }
}
