import { CLOSE } from "../protocol/errors.ts";
import type { Frame } from "../transport/socket.ts";
import type { Behaviour, Self } from "./actor.ts";
import { Heart, type HeartOptions } from "./heart.ts";
import type { Outbox, WriterMessage } from "./outbox.ts";

export interface WriterOptions extends HeartOptions {
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
