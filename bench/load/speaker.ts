import type { Codec } from "./codecs.ts";
import type { Connection } from "./connection.ts";
import { type ClientFrame, clientFrame, MASK, OPCODE } from "./frames.ts";
import { writeStamp } from "./stamp.ts";

/** Sends messages that are all alike but for their stamps: a frame made once, copied and stamped. */
export class Speaker {
  readonly number: number;
  readonly #connection: Connection;
  readonly #frame: ClientFrame;
  readonly #contentAt: number;
  /** Messages sent so far. */
  sent = 0;

  constructor(
    number: number,
    connection: Connection,
    codec: Codec,
    room: string,
    content: Uint8Array,
  ) {
    this.number = number;
    this.#connection = connection;
    const [before, after] = codec.message(room).map((text) => new TextEncoder().encode(text));
    const payload = new Uint8Array([...before!, ...content, ...after!]);
    this.#frame = clientFrame(OPCODE.text, payload);
    this.#contentAt = this.#frame.payloadAt + before!.length;
  }

  /** Says this many messages, a frame each, in one write. */
  say(count: number, timeMs: number): void {
    const { bytes, payloadAt } = this.#frame;
    const all = new Uint8Array(bytes.length * count);
    for (let n = 0, at = 0; n < count; n++, at += bytes.length) {
      all.set(bytes, at);
      writeStamp(all, at + this.#contentAt, at + payloadAt, MASK, this.number, timeMs);
    }
    this.sent += count;
    this.#connection.write(all);
  }
}
