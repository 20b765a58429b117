import type { UserId } from "../store/store.ts";

const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";
const USER_ID_CHARS = 16;
/** RFC 6749 section 10.10 asks for 128 bits at least in what must not be guessed; here 256. */
const SECRET_ID_BYTES = 32;

/** 16 random characters [0-9a-z], 82 bits: unique without asking anybody. */
export function newUserId(): UserId {
  let id = "";
  while (id.length < USER_ID_CHARS) {
    for (const byte of crypto.getRandomValues(new Uint8Array(USER_ID_CHARS))) {
      // 252 is the greatest multiple of 36 in a byte: above it some characters would be likelier.
      if (byte < 252 && id.length < USER_ID_CHARS) id += ALPHABET[byte % ALPHABET.length];
    }
  }
  return id;
}

/** An unguessable id, 43 characters [A-Za-z0-9_-]: sessions and tickets. */
export function newSecretId(): string {
  return crypto.getRandomValues(new Uint8Array(SECRET_ID_BYTES))
    .toBase64({ alphabet: "base64url", omitPadding: true });
}

/** `digits` random hexadecimal digits: for the names of guests. */
export function randomHex(digits: number): string {
  return crypto.getRandomValues(new Uint8Array(Math.ceil(digits / 2))).toHex().slice(0, digits);
}
