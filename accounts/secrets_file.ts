import { dirname } from "node:path";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { type Secrets, SecretsError, type SecretsKeeper, type SigningKey } from "./secrets.ts";

const READABLE_BY_OTHERS = 0o007;

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

/** Where the secrets of a store in a file are. */
export function secretsBeside(database: string): string {
  return `${dirname(database)}/secrets.json`;
}

/**
 * The secrets kept at `path`. Side effect of placing them: a file that its owner alone can read.
 * Throws `SecretsError` when it is not what this server wrote or when others may read it.
 */
export function secretsAt(path: string): SecretsKeeper {
  return {
    async readSecrets() {
      return await readSecrets(path) ?? [];
    },
    async placeSecrets(secrets) {
      try {
        await placeSecrets(path, secrets);
      } catch (error) {
        if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      }
    },
    async replaceSecrets(secrets) {
      const temporary = await writeTemporary(path, secrets);
      try {
        await keepOwner(path, temporary);
        await Deno.rename(temporary, path);
      } catch (error) {
        await Deno.remove(temporary);
        throw error;
      }
    },
  };
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

/** The secrets kept at `path`, if there are any. Throws `SecretsError` as `secretsAt` does. */
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

/** Root may rotate what a server reads that runs as somebody else. */
async function keepOwner(path: string, temporary: string): Promise<void> {
  const [{ uid, gid, mode }, made] = await Promise.all([Deno.stat(path), Deno.stat(temporary)]);
  if (uid === null || gid === null || mode === null) return;
  if (uid === made.uid && gid === made.gid && mode === made.mode) return;
  try {
    await Deno.chown(temporary, uid, gid);
    await Deno.chmod(temporary, mode & 0o770);
  } catch (error) {
    throw new SecretsError(
      `${path}: it belongs to another user; do this as that one, or as root`,
      { cause: error },
    );
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
  try {
    let written = 0;
    while (written < bytes.length) written += await file.write(bytes.subarray(written));
    await file.sync();
  } catch (error) {
    await Deno.remove(temporary);
    const why = error instanceof Error ? error.message : String(error);
    throw new SecretsError(`${path}: it cannot be written: ${why}`, { cause: error });
  }
  return temporary;
}
