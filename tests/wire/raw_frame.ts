/**
 * The frames of WebSocket (RFC 6455, section 5) as bytes, as a client writes them and reads them;
 * also those that no client may write.
 */

export const OPCODE = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

export interface RawFrame {
  readonly fin: boolean;
  /** The three reserved bits as a number, 0 to 7. */
  readonly rsv: number;
  readonly opcode: number;
  readonly payload: Uint8Array;
}

export interface FrameOptions {
  /** Default true. */
  readonly fin?: boolean;
  /** The three reserved bits as a number; default 0. */
  readonly rsv?: number;
  /** Default true, as a client must. */
  readonly masked?: boolean;
  /** The length the header claims, when it is not the payload's. */
  readonly claimedLength?: number;
}

/** What ended a connection: a close frame, or the end of TCP without one. */
export interface RawClose {
  /** 1005 for a close frame without a code, 1006 without a close frame. */
  readonly code: number;
  readonly reason: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The bytes of one frame as a client sends it. */
export function frameBytes(
  opcode: number,
  payload: string | Uint8Array,
  options: FrameOptions = {},
): Uint8Array {
  const { fin = true, rsv = 0, masked = true } = options;
  const data = typeof payload === "string" ? encoder.encode(payload) : payload;
  const length = options.claimedLength ?? data.byteLength;
  const lengthBytes = length <= 125 ? 0 : length <= 0xffff ? 2 : 8;
  const head = new Uint8Array(2 + lengthBytes + (masked ? 4 : 0));
  const view = new DataView(head.buffer);
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) view.setUint16(2, length);
  if (lengthBytes === 8) view.setBigUint64(2, BigInt(length));
  const mask = masked ? crypto.getRandomValues(new Uint8Array(4)) : new Uint8Array(4);
  if (masked) head.set(mask, 2 + lengthBytes);
  return joinBytes(head, data.map((byte, i) => byte ^ (mask[i & 3] ?? 0)));
}

/** The payload of a close frame. */
export function closePayload(code: number, reason: string | Uint8Array = ""): Uint8Array {
  const bytes = typeof reason === "string" ? encoder.encode(reason) : reason;
  return joinBytes(new Uint8Array([code >> 8, code & 0xff]), bytes);
}

export function joinBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

/** The frame at the beginning, and how many bytes it is; undefined: it is not whole yet. */
export function frameIn(bytes: Uint8Array): { frame: RawFrame; bytes: number } | undefined {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return undefined;
  const short = second & 0x7f;
  const begin = 2 + (short < 126 ? 0 : short === 126 ? 2 : 8);
  if (bytes.byteLength < begin) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = short < 126
    ? short
    : short === 126
    ? view.getUint16(2)
    : Number(view.getBigUint64(2));
  const end = begin + length;
  if (bytes.byteLength < end) return undefined;
  const frame = {
    fin: (first & 0x80) !== 0,
    rsv: (first >> 4) & 7,
    opcode: first & 0xf,
    payload: bytes.slice(begin, end),
  };
  return { frame, bytes: end };
}

/** What a close frame says. */
export function closeOf(frame: RawFrame): RawClose {
  if (frame.payload.byteLength < 2) return { code: 1005, reason: "" };
  const [high = 0, low = 0] = frame.payload;
  return { code: high << 8 | low, reason: decoder.decode(frame.payload.subarray(2)) };
}
