import { CLOSE } from "../protocol/errors.ts";
import type { Frame } from "../transport/socket.ts";
import type { Ref } from "./actor.ts";
import { FakeSocket } from "./fake_socket.ts";
import { FakeSystem } from "./fake_system.ts";
import type { WriterTimes } from "./heart.ts";
import { Line } from "./line.ts";
import { Outbox, WRITER_BOUND, type WriterMessage } from "./outbox.ts";
import { writer } from "./writer.ts";

export const TIMES: WriterTimes = {
  writeTimeoutMs: 100,
  heartbeatMs: 1_000,
  idleTimeoutMs: 2_500,
};

export interface FakeWriterOptions {
  /** Beside others in the same system. */
  readonly fake?: FakeSystem;
  /** `undefined`: as for a text client. */
  readonly pingFrame?: Frame | undefined;
}

/** A writer and its outbox as they are, on a socket without a network. */
export function fakeWriter(options: FakeWriterOptions = {}) {
  const { fake = new FakeSystem(), pingFrame } = { pingFrame: { text: "ping" }, ...options };
  const { clock, system } = fake;
  const socket = new FakeSocket();
  const line = new Line(socket, clock);
  socket.listen({
    onText() {},
    onEnd: () => line.end(),
    onAlive: () => line.heard(),
    onDrain: () => line.drain(),
  });
  const ref: Ref<WriterMessage> = system.spawn<WriterMessage>(
    "writer",
    writer({ line, times: TIMES, pingFrame, outbox: () => out }),
    { bound: WRITER_BOUND },
  );
  let overflows = 0;
  const out: Outbox = new Outbox(ref, () => {
    overflows++;
    socket.close(CLOSE.tooSlow, "too slow");
  }, { line });
  return { fake, clock, socket, line, out, ref, overflows: () => overflows };
}
