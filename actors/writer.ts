import { CLOSE } from "../protocol/errors.ts";
import type { Frame } from "../transport/socket.ts";
import type { Behaviour, Self } from "./actor.ts";
import { Heart, type HeartOptions } from "./heart.ts";
import type { Outbox, WriterMessage } from "./outbox.ts";
import { piecesOf } from "./pieces.ts";

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
    /** When a line that is to be closed is ended, however little by little it takes what waits. */
    let endMs: number | undefined;
    const mayTakeMs = (): number => {
      const { writeTimeoutMs } = options.times;
      if (!outbox().closing) return writeTimeoutMs;
      const nowMs = self.clock.monotonic();
      endMs ??= nowMs + writeTimeoutMs;
      return Math.max(0, endMs - nowMs);
    };
    const send = (turn: Turn): boolean | Promise<boolean> => {
      for (let next = turn.pieces?.next(); next && !next.done; next = turn.pieces?.next()) {
        if (!line.send(next.value)) return wait(turn, line.drained());
      }
      return finish(turn);
    };
    const wait = async (turn: Turn, drained: Promise<void>): Promise<boolean> => {
      if (await inTime(self, drained, mayTakeMs())) return await send(turn);
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
        if (!full) {
          const turn = gather(batch);
          if (turn.pieces) outbox().taken(turn.chars);
          return send(turn);
        }
        // What came with it goes on waiting where it counts, and where the last may be added to.
        self.inbox.putBack(batch.filter((message) => message !== full));
        return wait({ ...gather([]), pieces: full.rest }, full.drained);
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
  /** What is still to be sent. */
  pieces: Iterator<Frame> | undefined;
  chars: number;
  close: { readonly close: number; readonly reason: string } | undefined;
  tick: boolean;
}

/**
 * A turn's messages as one: frames up to the first close, joined by newlines. A single one stays as
 * it is: when many sockets are full, what they share is encoded once here, too.
 */
function gather(batch: readonly WriterMessage[]): Turn {
  const turn: Turn = { pieces: undefined, chars: 0, close: undefined, tick: false };
  let frame: Frame | undefined;
  let parts: string[] | undefined;
  for (const message of batch) {
    if (message === "tick") turn.tick = true;
    else if ("failed" in message) throw message.failed;
    else if ("close" in message) turn.close ??= message;
    else if ("text" in message && !turn.close) {
      turn.chars += message.text.length;
      if (!frame) frame = message;
      else (parts ??= [frame.text]).push(message.text);
    }
  }
  if (parts) frame = { text: parts.join("\n") };
  if (frame) turn.pieces = piecesOf(frame).values();
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
