/**
 * A message's content: `~`, who sent it, when, padding, `;`. Every field is of fixed width, so that
 * a receiver finds and reads it in the bytes of a frame without decoding them as text.
 */

const START = 0x7e; // ~
const END = 0x3b; // ;
const DIGIT_ZERO = 0x61; // hexadecimal digits are a … p: no codec escapes them
const SENDER_AT = 1;
const SENDER_DIGITS = 4;
const TIME_AT = SENDER_AT + SENDER_DIGITS;
const TIME_DIGITS = 10;
const STAMP_BYTES = TIME_AT + TIME_DIGITS;

const CHINESE = "大家好今天晚上我们一起去看电影怎么样";

/** A message content with the fields left blank. */
export function blankContent(sizeBytes: number, alphabet: "ascii" | "chinese"): Uint8Array {
  const padding = sizeBytes - STAMP_BYTES - 1;
  if (padding < 0) {
    throw new RangeError(`expected at least ${STAMP_BYTES + 1} bytes a message, got ${sizeBytes}`);
  }
  const wide = alphabet === "chinese" ? Math.floor(padding / 3) : 0;
  let text = "x".repeat(padding - wide * 3);
  for (let n = 0; n < wide; n++) text += CHINESE[n % CHINESE.length];
  return new TextEncoder().encode("~" + "a".repeat(STAMP_BYTES - 1) + text + ";");
}

/** Writes a number as digits `a` … `p`, XORed with the mask of the frame that it is part of. */
function writeDigits(
  bytes: Uint8Array,
  at: number,
  digits: number,
  value: number,
  mask: Uint8Array,
  maskAt: number,
): void {
  for (let n = digits - 1; n >= 0; n--) {
    const rest = Math.floor(value / 16);
    bytes[at + n] = (DIGIT_ZERO + value - rest * 16) ^ mask[(maskAt + n) & 3]!;
    value = rest;
  }
}

function readDigits(bytes: Uint8Array, at: number, digits: number): number {
  let value = 0;
  for (let n = 0; n < digits; n++) value = value * 16 + bytes[at + n]! - DIGIT_ZERO;
  return value;
}

/** `contentAt`: where the content begins in the frame's bytes; `payloadAt`: where its payload does. */
export function writeStamp(
  frame: Uint8Array,
  contentAt: number,
  payloadAt: number,
  mask: Uint8Array,
  sender: number,
  timeMs: number,
): void {
  const maskAt = contentAt - payloadAt;
  const micros = Math.max(0, Math.round(timeMs * 1000));
  writeDigits(frame, contentAt + SENDER_AT, SENDER_DIGITS, sender, mask, maskAt + SENDER_AT);
  writeDigits(frame, contentAt + TIME_AT, TIME_DIGITS, micros, mask, maskAt + TIME_AT);
}

export function readSender(bytes: Uint8Array, contentAt: number): number {
  return readDigits(bytes, contentAt + SENDER_AT, SENDER_DIGITS);
}

/** When the message was sent, in the sender's milliseconds. */
export function readTimeMs(bytes: Uint8Array, contentAt: number): number {
  return readDigits(bytes, contentAt + TIME_AT, TIME_DIGITS) / 1000;
}

function isContent(bytes: Uint8Array, at: number, end: number, sizeBytes: number): boolean {
  return at + sizeBytes <= end && bytes[at] === START && bytes[at + sizeBytes - 1] === END;
}

/**
 * Where the first content at or after `from` begins, -1 when none is whole before `end`. It looks
 * through the bytes and remembers nothing of other frames: a guess from how those were built once
 * skipped messages, because eight lines of another kind were as long as three messages.
 */
export function findContent(bytes: Uint8Array, from: number, end: number, size: number): number {
  for (let at = from; at + size <= end; at++) {
    at = bytes.indexOf(START, at);
    if (at < 0) return -1;
    if (isContent(bytes, at, end, size)) return at;
  }
  return -1;
}

/** The same for the content after the one at `at`. Bare lines follow each other after a newline. */
export function nextContent(bytes: Uint8Array, at: number, end: number, size: number): number {
  const adjacent = at + size + 1;
  return isContent(bytes, adjacent, end, size)
    ? adjacent
    : findContent(bytes, at + size, end, size);
}
