/** WebSocket frames made and read by hand (RFC 6455, section 5.2); only what a load needs. */

export const OPCODE = { continuation: 0x0, text: 0x1, close: 0x8, ping: 0x9, pong: 0xa } as const;

/** Any mask but zero, which some servers recognize and skip the work for. */
export const MASK: Uint8Array = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);

const FIN = 0x80;
const MASKED = 0x80;
const FINAL_TEXT = FIN | OPCODE.text;

export interface ClientFrame {
  readonly bytes: Uint8Array;
  readonly payloadAt: number;
}

export function clientFrame(opcode: number, payload: Uint8Array): ClientFrame {
  const length = payload.length;
  if (length > 0xffff) throw new RangeError(`expected at most 65,535 bytes, got ${length}`);
  const payloadAt = (length < 126 ? 2 : 4) + MASK.length;
  const bytes = new Uint8Array(payloadAt + length);
  bytes[0] = FIN | opcode;
  if (length < 126) bytes[1] = MASKED | length;
  else bytes.set([MASKED | 126, length >> 8, length & 0xff], 1);
  bytes.set(MASK, payloadAt - MASK.length);
  for (let at = 0; at < length; at++) bytes[payloadAt + at] = payload[at]! ^ MASK[at & 3]!;
  return { bytes, payloadAt };
}

/** Called for each whole message or control frame; the bytes are valid only during the call. */
export type OnFrame = (opcode: number, bytes: Uint8Array, start: number, end: number) => void;

const NOTHING = new Uint8Array(0);

/**
 * Cuts a server's bytes into messages. What is incomplete is kept until the rest has come, be it a
 * frame or a message that comes in several.
 */
export class FrameReader {
  #kept: Uint8Array = NOTHING;
  /** The fragments so far of a message that has not come to its end. */
  #fragments: Uint8Array = NOTHING;
  readonly #onFrame: OnFrame;

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
  }

  push(chunk: Uint8Array): void {
    const bytes = this.#kept.length === 0 ? chunk : concat(this.#kept, chunk);
    let at = 0;
    while (bytes.length - at >= 2) {
      let start = at + 2;
      let length = bytes[at + 1]! & 0x7f;
      if (length === 126) {
        if (bytes.length < at + 4) break;
        length = bytes[at + 2]! << 8 | bytes[at + 3]!;
        start = at + 4;
      } else if (length === 127) {
        if (bytes.length < at + 10) break;
        length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + 6);
        start = at + 10;
      }
      const end = start + length;
      if (end > bytes.length) break;
      const head = bytes[at]!;
      if (head === FINAL_TEXT) this.#onFrame(OPCODE.text, bytes, start, end);
      else this.#onOther(head, bytes, start, end);
      at = end;
    }
    // Not `slice`: that of a node Buffer copies nothing.
    this.#kept = at === bytes.length ? NOTHING : new Uint8Array(bytes.subarray(at));
  }

  #onOther(head: number, bytes: Uint8Array, start: number, end: number): void {
    const opcode = head & 0x0f;
    if (opcode !== OPCODE.continuation && opcode !== OPCODE.text) {
      this.#onFrame(opcode, bytes, start, end);
      return;
    }
    const whole = concat(this.#fragments, bytes.subarray(start, end));
    this.#fragments = NOTHING;
    if ((head & FIN) === 0) this.#fragments = whole;
    else this.#onFrame(OPCODE.text, whole, 0, whole.length);
  }
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
