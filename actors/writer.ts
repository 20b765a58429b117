import { CLOSE } from "../protocol/errors.ts";
import type { Frame } from "../transport/socket.ts";
import type { Behaviour, Self } from "./actor.ts";
import { Heart, type HeartOptions } from "./heart.ts";
import type { Outbox, WriterMessage } from "./outbox.ts";

export interface WriterOptions extends HeartOptions {
  /** The outbox, which exists only once this actor does. */
  outbox(): Outbox;
  /** Told before a socket that takes nothing is ended. */
  onStuck?(): void;
}

/**
 * One per connection: sends the heartbeat when the line is quiet, ends a peer that is not heard of,
 * closes, and waits for a socket that is full: what comes meanwhile is queued here, joined into one
 * frame and sent when it has drained.
 */
export function writer(options: WriterOptions): Behaviour<WriterMessage> {
  return async (self) => {
    const { line, outbox } = options;
    const heart = new Heart(self, options);
    const send = (turn: Turn): boolean | Promise<boolean> => {
      const { frame } = turn;
      turn.frame = undefined;
      if (frame) {
        outbox().taken(turn.chars);
        if (!line.send(frame)) return wait(turn, line.drained());
      }
      return finish(turn);
    };
    const wait = async (turn: Turn, drained: Promise<void>): Promise<boolean> => {
      if (await inTime(self, drained, options.times.writeTimeoutMs)) return await send(turn);
      options.onStuck?.();
      line.socket.terminate();
      return true;
    };
    const finish = ({ close, tick }: Turn): boolean => {
      if (close) return end(close.close, close.reason);
      if (tick && !heart.beat()) {
        return end(CLOSE.heartbeatTimeout, "no answer to the heartbeat");
      }
      if (self.inbox.depth === 0) outbox().caughtUp();
      return false;
    };
    const end = (code: number, reason: string): true => {
      outbox().end();
      line.socket.close(code, reason);
      return true;
    };
    try {
      await self.inbox.each((batch) => {
        const full = batch.find(isFull);
        if (!full) return send(gather(batch));
        // What came with it goes on waiting where it counts, and where the last may be added to.
        self.inbox.putBack(batch.filter((message) => message !== full));
        return wait(gather([]), full.drained);
      });
    } finally {
      outbox().end();
      heart.stop();
    }
  };
}

type Full = Extract<WriterMessage, { readonly drained: unknown }>;

function isFull(message: WriterMessage): message is Full {
  return message !== "tick" && "drained" in message;
}

interface Turn {
  frame: Frame | undefined;
  chars: number;
  close: { readonly close: number; readonly reason: string } | undefined;
  tick: boolean;
}

/**
 * A turn's messages as one: frames up to the first close, joined by newlines. A single one stays as
 * it is: when many sockets are full, what they share is encoded once here, too.
 */
function gather(batch: readonly WriterMessage[]): Turn {
  const turn: Turn = { frame: undefined, chars: 0, close: undefined, tick: false };
  let parts: string[] | undefined;
  for (const message of batch) {
    if (message === "tick") turn.tick = true;
    else if ("failed" in message) throw message.failed;
    else if ("close" in message) turn.close ??= message;
    else if ("text" in message && !turn.close) {
      turn.chars += message.text.length;
      if (!turn.frame) turn.frame = message;
      else (parts ??= [turn.frame.text]).push(message.text);
    }
  }
  if (parts) turn.frame = { text: parts.join("\n") };
  return turn;
}

async function inTime(
  self: Self<WriterMessage>,
  drained: Promise<void>,
  timeoutMs: number,
): Promise<boolean> {
  let cancel = () => {};
  const tooLate = new Promise<boolean>((resolve) => {
    cancel = self.clock.after(timeoutMs, () => resolve(false));
  });
  const isInTime = await Promise.race([drained.then(() => true), tooLate]);
  cancel();
  return isInTime;
}
