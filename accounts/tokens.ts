import { errors, jwtVerify, SignJWT } from "jose";
import { Refusal } from "../protocol/errors.ts";
import type { UserRef } from "../store/store.ts";
import { type Secrets, signingKey } from "./secrets.ts";

const ALGORITHM = "HS256";
/** A cookie holds 4 KiB (RFC 6265 section 6.1); the longest token here has under 500 bytes. */
const TOKEN_MAX_CHARS = 2048;
/** A server whose clock is an hour off, or is put right by an hour, knows its tokens still. */
const CLOCK_TOLERANCE_MS = 60 * 60_000;
/** How long a token is good that nobody uses; each connection and page load brings a fresh one. */
export const TOKEN_IDLE_MS = 30 * 24 * 60 * 60_000;

/** Who a token speaks for. */
export interface Claims {
  readonly user: UserRef;
  /** The session row that must live on; an account's token always has one, a guest's never. */
  readonly sessionId?: string | undefined;
}

export interface TokensOptions {
  /** Milliseconds since 1970 UTC. */
  now(): number;
}

/**
 * Signed tokens (JWT, RFC 7519; HS256). Whoever can read one acts as its user, so none is ever
 * logged or put into a URL. A guest's is all there is of the guest: nothing is kept. An account's
 * names a row of the store, so that it can be ended.
 */
export class Tokens {
  readonly #now: () => number;
  #secrets: Secrets;
  /** Of all secrets, by their ids. */
  #keys: ReadonlyMap<string, CryptoKey> = new Map();

  private constructor(secrets: Secrets, options: TokensOptions) {
    this.#secrets = secrets;
    this.#now = options.now;
  }

  static async create(secrets: Secrets, options: TokensOptions): Promise<Tokens> {
    const tokens = new Tokens(secrets, options);
    await tokens.learn(secrets);
    return tokens;
  }

  /** From now on these sign and verify, and no others. */
  async learn(secrets: Secrets): Promise<void> {
    const keys = new Map<string, CryptoKey>();
    for (const { id, secret } of secrets) {
      const hmac = { name: "HMAC", hash: "SHA-256" };
      keys.set(id, await crypto.subtle.importKey("raw", secret, hmac, false, ["sign", "verify"]));
    }
    this.#secrets = secrets;
    this.#keys = keys;
  }

  sign({ user, sessionId }: Claims): Promise<string> {
    const now = this.#now();
    const { id } = signingKey(this.#secrets, now);
    return new SignJWT({
      name: user.name,
      guest: user.guest,
      ...(sessionId === undefined ? {} : { sid: sessionId }),
    })
      .setProtectedHeader({ alg: ALGORITHM, kid: id })
      .setSubject(user.id)
      .setIssuedAt(new Date(now))
      .setExpirationTime(new Date(now + TOKEN_IDLE_MS))
      .sign(this.#keys.get(id) as CryptoKey);
  }

  /** Throws `unauthorized`; the message never says more than that it expired or is not ours. */
  async verify(token: string): Promise<Claims> {
    if (token.length > TOKEN_MAX_CHARS) throw notOurs();
    try {
      const { payload } = await jwtVerify(token, ({ kid }) => {
        const key = kid === undefined ? undefined : this.#keys.get(kid);
        if (key === undefined) throw notOurs();
        return key;
      }, {
        algorithms: [ALGORITHM],
        requiredClaims: ["sub", "exp"],
        currentDate: new Date(this.#now()),
        clockTolerance: CLOCK_TOLERANCE_MS / 1000,
      });
      const { sub, name, guest, sid } = payload;
      if (typeof sub !== "string" || typeof name !== "string") throw notOurs();
      // A guest has no session, an account's token is worth nothing without one.
      if (guest === true && sid === undefined) return { user: { id: sub, name, guest } };
      if (guest === false && typeof sid === "string") {
        return { user: { id: sub, name, guest }, sessionId: sid };
      }
      throw notOurs();
    } catch (error) {
      if (error instanceof errors.JWTExpired) {
        throw new Refusal("unauthorized", "the token has expired; log in again");
      }
      if (error instanceof errors.JOSEError) throw notOurs();
      throw error;
    }
  }
}

function notOurs(): Refusal {
  return new Refusal("unauthorized", "the token is not one of this server's");
}
