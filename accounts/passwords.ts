import { Buffer } from "node:buffer";
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { Refusal } from "../protocol/errors.ts";
import type { Attempt } from "./log_in_limits.ts";

/** What a hash costs (RFC 7914): 128 × 2^lnN × r bytes of memory, p times one after the other. */
export interface ScryptCost {
  readonly lnN: number;
  readonly r: number;
  readonly p: number;
}

/**
 * One of the settings that the OWASP Password Storage Cheat Sheet names as equally strong; this one
 * takes 32 MiB and a third of a second of one core, where N = 2^17 takes 128 MiB and twice the time.
 */
export const PASSWORD_COST: ScryptCost = { lnN: 15, r: 8, p: 3 };

/** Hashes computed at a time: the chat keeps the other cores. */
const RUNNING_MAX = 1;
/** Hashes that wait for it, some ten seconds' worth; with more a log-in is told to come back. */
const WAITING_MAX = 32;
/**
 * And where the machine is slow, or busy, who has waited for so long: the guarded transport cuts,
 * without an answer, a request that nothing is heard of for 30 s.
 */
export const WAIT_MAX_MS = 15_000;
const BUSY_RETRY_MS = 5_000;

const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** What tests count, hold up and turn. */
export interface Hashing {
  readonly compute?: typeof derive;
  /** Milliseconds from any start, never going back. */
  monotonic?(): number;
}

interface Waiting {
  readonly sinceMs: number;
  go(): void;
  refuse(why: Refusal): void;
}

export interface Verification {
  readonly right: boolean;
  /** The right password, hashed at another cost than today's: time to hash it again. */
  readonly outdated: boolean;
}

/**
 * Hashes passwords with scrypt, a few at a time. The work is done by the runtime's threads, not on
 * the event loop: everybody else's turn comes as usual meanwhile. Hashes are strings in the PHC
 * format (https://github.com/P-H-C/phc-string-format), so that each says what it cost.
 */
export class PasswordHasher {
  readonly #cost: ScryptCost;
  readonly #derive: typeof derive;
  readonly #monotonic: () => number;
  readonly #waiting: Waiting[] = [];
  #running = 0;
  /** What an unknown user's password is compared with, so that it takes as long as a known one's. */
  readonly #nobodys: string;

  constructor(cost: ScryptCost = PASSWORD_COST, hashing: Hashing = {}) {
    this.#cost = cost;
    this.#derive = hashing.compute ?? derive;
    this.#monotonic = hashing.monotonic ?? (() => performance.now());
    this.#nobodys = format(cost, randomBytes(SALT_BYTES), randomBytes(HASH_BYTES));
  }

  /** Throws `busy` when too many wait, or too long. */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    const computed = await this.#inTurn(() => this.#derive(password, salt, this.#cost));
    return format(this.#cost, salt, computed);
  }

  /**
   * `hash` undefined: there is no such user, which takes as long to find out. The try is counted
   * when its turn has come, and settled before the next one's. Throws `busy`, and what `count` does.
   */
  async verify(
    password: string,
    hash: string | undefined,
    count?: () => Attempt,
  ): Promise<Verification> {
    const { cost, salt, expected } = parse(hash ?? this.#nobodys);
    const right = await this.#inTurn(async () => {
      const attempt = count?.();
      try {
        const right = timingSafeEqual(await this.#derive(password, salt, cost), expected);
        if (right) attempt?.succeeded();
        return right;
      } catch (error) {
        attempt?.withdrawn();
        throw error;
      }
    });
    const { lnN, r, p } = this.#cost;
    return { right, outdated: right && (cost.lnN !== lnN || cost.r !== r || cost.p !== p) };
  }

  async #inTurn<T>(run: () => Promise<T>): Promise<T> {
    if (this.#running >= RUNNING_MAX) await this.#wait();
    else this.#running++;
    try {
      return await run();
    } finally {
      this.#handOn();
    }
  }

  /** The place goes from hand to hand, so that nobody slips in between. */
  #handOn(): void {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      if (this.#monotonic() - next.sinceMs <= WAIT_MAX_MS) return next.go();
      next.refuse(busy());
    }
    this.#running--;
  }

  #wait(): Promise<void> {
    if (this.#waiting.length >= WAITING_MAX) throw busy();
    return new Promise((go, refuse) =>
      this.#waiting.push({ sinceMs: this.#monotonic(), go, refuse })
    );
  }
}

function busy(): Refusal {
  return new Refusal("busy", "too many log in at this moment; try again", BUSY_RETRY_MS);
}

/** One hash, computed off the event loop. */
export function derive(password: string, salt: Uint8Array, cost: ScryptCost): Promise<Uint8Array> {
  const { r, p } = cost;
  const N = 2 ** cost.lnN;
  // RFC 8265, section 4.2.1: the same password, however the keyboard composes its letters.
  const normal = password.normalize("NFC");
  return new Promise((resolve, reject) => {
    scrypt(normal, salt, HASH_BYTES, { N, r, p, maxmem: 2 * 128 * N * r }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

function format({ lnN, r, p }: ScryptCost, salt: Uint8Array, hash: Uint8Array): string {
  return `$scrypt$ln=${lnN},r=${r},p=${p}$${base64(salt)}$${base64(hash)}`;
}

const PHC = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

function parse(text: string): { cost: ScryptCost; salt: Uint8Array; expected: Uint8Array } {
  const parts = PHC.exec(text);
  if (parts === null) throw new Error("the store holds a password hash of an unknown form");
  const [, lnN, r, p, salt = "", hash = ""] = parts;
  const expected = Buffer.from(hash, "base64");
  if (expected.length !== HASH_BYTES) throw new Error("the store holds a cut password hash");
  return {
    cost: { lnN: Number(lnN), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, "base64"),
    expected,
  };
}

/** Base64 without padding, as the PHC format writes it. */
function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replace(/=+$/, "");
}
