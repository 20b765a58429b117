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
 * Finds the contents in a frame's payload. Lines of a frame are nearly always of one length, so the
 * next one is first looked for where it would then be, and searched for only if it is not there.
 */
export class ContentFinder {
  readonly sizeBytes: number;
  #offset = 0;
  #stride = 0;

  constructor(sizeBytes: number) {
    this.sizeBytes = sizeBytes;
  }

  first(bytes: Uint8Array, start: number, end: number): number {
    const guess = start + this.#offset;
    if (isContent(bytes, guess, end, this.sizeBytes)) return guess;
    const found = this.#search(bytes, start, end);
    if (found >= 0) this.#offset = found - start;
    return found;
  }

  /** The next content after the one at `at`, -1 when there is none before `end`. */
  next(bytes: Uint8Array, at: number, end: number): number {
    const guess = at + this.#stride;
    if (guess > at && isContent(bytes, guess, end, this.sizeBytes)) return guess;
    const found = this.#search(bytes, at + this.sizeBytes, end);
    if (found >= 0) this.#stride = found - at;
    return found;
  }

  #search(bytes: Uint8Array, start: number, end: number): number {
    if (end - start < this.sizeBytes) return -1;
    for (let at = bytes.indexOf(START, start); at >= 0 && at < end;) {
      if (isContent(bytes, at, end, this.sizeBytes)) return at;
      at = bytes.indexOf(START, at + 1);
    }
    return -1;
  }
}
