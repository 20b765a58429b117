import { dirname } from "node:path";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";

const SECRET_BYTES = 32;
const READABLE_BY_OTHERS = 0o007;

/** A key that tokens are signed with (HMAC-SHA-256, RFC 7518 section 3.2: at least 256 bits). */
export interface SigningKey {
  /** Named in a token's header (`kid`), so that its key is found after a rotation. */
  readonly id: string;
  readonly secret: Uint8Array<ArrayBuffer>;
  readonly createdAt: number;
}

/** Newest first: the first signs, all verify. */
export type Secrets = readonly [SigningKey, ...SigningKey[]];

const SecretsFile = Type.Object({
  keys: Type.Array(
    Type.Object({
      id: Type.String({ minLength: 1, maxLength: 64 }),
      secret: Type.String({ pattern: "^[A-Za-z0-9_-]{43}$" }),
      createdAt: Type.Integer({ minimum: 0 }),
    }),
    { minItems: 1 },
  ),
});
const secretsFile = Compile(SecretsFile);

/** What is wrong with the file of secrets, in one line that says what to do. */
export class SecretsError extends Error {
  override readonly name = "SecretsError";
}

/** Where the secrets of a store in a file are. */
export function secretsBeside(database: string): string {
  return `${dirname(database)}/secrets.json`;
}

/** Secrets that live as long as the process: for a store that does, too. */
export function makeSecrets(nowMs: number): Secrets {
  return [newKey(nowMs)];
}

/**
 * The secrets kept at `path`, made when there are none. Side effect: may write the file, readable
 * by its owner alone. Throws `SecretsError` when it is not what this server wrote or when others
 * may read it.
 */
export async function loadSecrets(path: string, nowMs: number): Promise<Secrets> {
  return await readSecrets(path) ?? await createSecrets(path, nowMs);
}

/** Where several servers keep the secrets that they share. */
export interface SharedSecrets {
  /** Newest first. */
  readSecrets(): Promise<readonly SigningKey[]>;
  /** Only where there are none. */
  placeSecrets(secrets: readonly SigningKey[]): Promise<void>;
}

/** The secrets that all servers of one store have; the first to start makes them. */
export async function agreeOnSecrets(shared: SharedSecrets, nowMs: number): Promise<Secrets> {
  const there = await shared.readSecrets();
  if (isSecrets(there)) return there;
  await shared.placeSecrets(makeSecrets(nowMs));
  // Another server may have been the first.
  const placed = await shared.readSecrets();
  if (isSecrets(placed)) return placed;
  throw new SecretsError("the store did not keep the server's secrets");
}

const isSecrets = (keys: readonly SigningKey[]): keys is Secrets => keys.length > 0;

/**
 * Puts a new key in front and forgets those that no living token can be signed with. Running
 * servers go on with what they loaded until they are restarted.
 */
export async function rotateSecrets(
  path: string,
  nowMs: number,
  tokenLifeMs: number,
): Promise<Secrets> {
  const old = await readSecrets(path) ?? [];
  const secrets: SigningKey[] = [newKey(nowMs)];
  for (const key of old) {
    secrets.push(key);
    // The next older key signed nothing since this one was made.
    if (key.createdAt < nowMs - tokenLifeMs) break;
  }
  const temporary = await writeTemporary(path, secrets as unknown as Secrets);
  await Deno.rename(temporary, path);
  return secrets as unknown as Secrets;
}

/**
 * Keeps `secrets` at `path`. Throws `AlreadyExists` when there are some: of two servers that start
 * at once one wins, and both agree on it.
 */
export async function placeSecrets(path: string, secrets: Secrets): Promise<void> {
  const temporary = await writeTemporary(path, secrets);
  try {
    // A link and not a rename, which would write over what is there.
    await Deno.link(temporary, path);
  } finally {
    await Deno.remove(temporary);
  }
}

function newKey(nowMs: number): SigningKey {
  return {
    id: crypto.getRandomValues(new Uint8Array(6)).toHex(),
    secret: crypto.getRandomValues(new Uint8Array(SECRET_BYTES)),
    createdAt: nowMs,
  };
}

/** The secrets kept at `path`, if there are any. Throws `SecretsError` as `loadSecrets` does. */
export async function readSecrets(path: string): Promise<Secrets | undefined> {
  let text: string;
  try {
    const { mode } = await Deno.stat(path);
    if (mode !== null && (mode & READABLE_BY_OTHERS) !== 0) {
      throw new SecretsError(`${path}: others on this machine can read it; chmod 600 ${path}`);
    }
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const file = parse(text);
  if (file === undefined) {
    throw new SecretsError(
      `${path}: expected the server's secrets, got something else; restore it from a backup, ` +
        "or remove it to make new ones, which logs everybody out",
    );
  }
  const [newest, ...older] = file.keys.map((key): SigningKey => ({
    id: key.id,
    secret: Uint8Array.fromBase64(key.secret, { alphabet: "base64url" }),
    createdAt: key.createdAt,
  }));
  // The schema asks for at least one.
  return [newest as SigningKey, ...older];
}

function parse(text: string): Static<typeof SecretsFile> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return secretsFile.Check(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

async function createSecrets(path: string, nowMs: number): Promise<Secrets> {
  const secrets = makeSecrets(nowMs);
  try {
    await placeSecrets(path, secrets);
    return secrets;
  } catch (error) {
    const others = error instanceof Deno.errors.AlreadyExists ? await readSecrets(path) : undefined;
    if (others === undefined) throw error;
    return others;
  }
}

/** Writes beside `path` and to the disk, so that a crash leaves the old file or the whole new one. */
async function writeTemporary(path: string, secrets: Secrets): Promise<string> {
  const temporary = `${path}.${crypto.getRandomValues(new Uint8Array(6)).toHex()}.new`;
  const keys = secrets.map((key) => ({
    ...key,
    secret: key.secret.toBase64({ alphabet: "base64url", omitPadding: true }),
  }));
  using file = await Deno.open(temporary, { write: true, createNew: true, mode: 0o600 });
  const bytes = new TextEncoder().encode(JSON.stringify({ keys }, undefined, 2) + "\n");
  let written = 0;
  while (written < bytes.length) written += await file.write(bytes.subarray(written));
  await file.sync();
  return temporary;
}
