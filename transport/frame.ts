import { Buffer } from "node:buffer";
import type { Frame } from "./socket.ts";

const FIN_TEXT = 0x81;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
/** The longest payload whose length fits into the header's second byte. */
const SHORT_MAX = 125;
const MEDIUM_MAX = 0xffff;

/**
 * One whole unmasked text frame, header and payload in one buffer (RFC 6455 section 5.2): what a
 * server writes to the TCP connection. Lone surrogates become U+FFFD, so the payload is always
 * valid UTF-8. A `Buffer`, because a socket of `node:net` makes one of anything else, each time.
 */
export function encodeTextFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const headerBytes = length <= SHORT_MAX ? 2 : length <= MEDIUM_MAX ? 4 : 10;
  const frame = Buffer.allocUnsafeSlow(headerBytes + length);
  frame[0] = FIN_TEXT;
  if (headerBytes === 2) {
    frame[1] = length;
  } else if (headerBytes === 4) {
    frame[1] = LENGTH_16;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = LENGTH_64;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, headerBytes);
  return frame;
}

/** The frame's wire form, made on first use and shared by everyone who is sent the frame. */
export function wireOf(frame: Frame): Uint8Array {
  return frame.wire ??= encodeTextFrame(frame.text);
}
