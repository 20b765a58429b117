import { backoffMs } from "./backoff.ts";
import type { Outbox, Outgoing } from "./outbox.ts";
import type { Clock } from "./ports.ts";
import { type CommandBody, Refused, type ReplyTo } from "./wire.ts";

export interface SenderOptions {
  readonly outbox: Outbox;
  readonly tab: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly ask: (command: CommandBody<"message">) => Promise<ReplyTo<"message">>;
  /** Whether a message to this room would be accepted now. */
  readonly isReady: (room: string) => boolean;
  readonly onSent: (entry: Outgoing, reply: ReplyTo<"message">) => void;
  /** The entry changed: it failed, or waits for another try. */
  readonly onChange: () => void;
}

/**
 * Empties the outbox: in each room one message at a time, in the order they were written, each
 * under its key until the server answers. A passing refusal is tried again, a lasting one fails
 * the message and lets the next one go.
 */
export class Sender {
  readonly #busy = new Set<string>();
  readonly #attempts = new Map<string, number>();
  readonly #cancels = new Map<string, () => void>();
  #stopped = false;

  constructor(private readonly options: SenderOptions) {}

  /** Sends what can be sent; harmless at any time. */
  flush(): void {
    const rooms = new Set(this.options.outbox.entries.map((entry) => entry.room));
    for (const room of rooms) this.#next(room);
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#cancels.values()) cancel();
  }

  #next(room: string): void {
    const { outbox, tab, isReady } = this.options;
    if (this.#stopped || this.#busy.has(room) || !isReady(room)) return;
    const entry = outbox.entries.find((e) => e.room === room && e.tab === tab && !e.failed);
    if (entry) this.#send(entry);
  }

  async #send(entry: Outgoing): Promise<void> {
    const { outbox, ask, onSent, onChange } = this.options;
    const { room, key, content, reply } = entry;
    this.#busy.add(room);
    try {
      const sent = await ask({
        type: "message",
        room,
        key,
        content,
        ...(reply === undefined ? {} : { reply }),
      });
      this.#attempts.delete(room);
      if (outbox.remove(key)) onSent(entry, sent);
    } catch (error) {
      // No answer, or not now: tried again under its key. Off line, the next `flush` is earlier.
      if (!(error instanceof Refused)) return this.#later(room);
      if (error.passing) return this.#later(room, error.retryMs);
      outbox.put({ ...entry, failed: { code: error.code, message: error.message } });
      onChange();
    } finally {
      this.#busy.delete(room);
    }
    this.#next(room);
  }

  #later(room: string, retryMs = 0): void {
    const { clock, random } = this.options;
    const attempt = this.#attempts.get(room) ?? 0;
    this.#attempts.set(room, attempt + 1);
    this.#cancels.get(room)?.();
    this.#cancels.set(
      room,
      clock.after(retryMs + backoffMs(attempt, random), () => this.#next(room)),
    );
  }
}
