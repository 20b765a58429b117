const SECRET_BYTES = 32;

/**
 * A new key signs only when it is this old: by then every running server has read it, so that none
 * is shown a token whose key it does not know.
 */
export const SIGNS_AFTER_MS = 3 * 60_000;

/** A key that tokens are signed with (HMAC-SHA-256, RFC 7518 section 3.2: at least 256 bits). */
export interface SigningKey {
  /** Named in a token's header (`kid`), so that its key is found after a rotation. */
  readonly id: string;
  readonly secret: Uint8Array<ArrayBuffer>;
  readonly createdAt: number;
}

/** Newest first: one signs (`signingKey`), all verify. */
export type Secrets = readonly [SigningKey, ...SigningKey[]];

/** Where the servers of one store keep the secrets that they share. */
export interface SecretsKeeper {
  /** Newest first; empty where there are none. Throws what the place throws, or `SecretsError`. */
  readSecrets(): Promise<readonly SigningKey[]>;
  /** Only where there are none: of servers that start at once, one makes them for all. */
  placeSecrets(secrets: Secrets): Promise<void>;
  /** Instead of those that are there, all at once. */
  replaceSecrets(secrets: Secrets): Promise<void>;
}

/** What is wrong with where secrets are kept, in one line that says what to do. */
export class SecretsError extends Error {
  override readonly name = "SecretsError";
}

/** New secrets: one key. */
export function makeSecrets(nowMs: number): Secrets {
  return [{
    id: crypto.getRandomValues(new Uint8Array(6)).toHex(),
    secret: crypto.getRandomValues(new Uint8Array(SECRET_BYTES)),
    createdAt: nowMs,
  }];
}

/** Secrets that live as long as the process: for a store that does, too. */
export function secretsInMemory(secrets: Secrets): SecretsKeeper {
  return {
    readSecrets: () => Promise.resolve(secrets),
    placeSecrets: () => Promise.resolve(),
    replaceSecrets(others) {
      secrets = others;
      return Promise.resolve();
    },
  };
}

/** The secrets that all servers of one store have; the first to start makes them. */
export async function agreeOnSecrets(keeper: SecretsKeeper, nowMs: number): Promise<Secrets> {
  const there = await keeper.readSecrets();
  if (areSecrets(there)) return there;
  await keeper.placeSecrets(makeSecrets(nowMs));
  // Another server may have been the first.
  const placed = await keeper.readSecrets();
  if (areSecrets(placed)) return placed;
  throw new SecretsError("the store did not keep the server's secrets");
}

export const areSecrets = (keys: readonly SigningKey[]): keys is Secrets => keys.length > 0;

/**
 * Puts a new key in front and forgets those that no living token can be signed with: tokens go on
 * being good for as long as they would have been. Answers what is kept now.
 */
export async function rotateSecrets(
  keeper: SecretsKeeper,
  nowMs: number,
  tokenLifeMs: number,
): Promise<Secrets> {
  const old = await agreeOnSecrets(keeper, nowMs);
  const secrets: [SigningKey, ...SigningKey[]] = [...makeSecrets(nowMs)];
  for (const key of old) {
    secrets.push(key);
    // The next older key has signed nothing since this one took over.
    if (key.createdAt + SIGNS_AFTER_MS + tokenLifeMs < nowMs) break;
  }
  await keeper.replaceSecrets(secrets);
  return secrets;
}

/** The newest that all servers know by now; where there is none yet, the oldest. */
export function signingKey(secrets: Secrets, nowMs: number): SigningKey {
  const known = secrets.find(({ createdAt }) => createdAt + SIGNS_AFTER_MS <= nowMs);
  return known ?? secrets.at(-1) ?? secrets[0];
}
