import { backup, type DatabaseSync } from "node:sqlite";
import { asStoreFailure } from "./failure.ts";
import { StoreError } from "./store.ts";

/**
 * Copies a database into a new file, which its owner alone can read, while both are used. Under its
 * name stands a whole copy or nothing: a copy that was killed is left beside it as `….new`. Throws
 * `StoreError`; also where a file is there already, which SQLite would write over if it were a
 * database.
 */
export async function backUp(raw: DatabaseSync, path: string): Promise<void> {
  const what = `backup to ${path}`;
  await refuseOver(path, what);
  const unfinished = `${path}.${crypto.getRandomValues(new Uint8Array(6)).toHex()}.new`;
  await makeFile(unfinished, what);
  try {
    await backup(raw, unfinished);
    // Somebody may have made it meanwhile.
    await refuseOver(path, what);
    await Deno.rename(unfinished, path);
  } catch (error) {
    // SQLite leaves the second where the disk is full.
    for (const left of [unfinished, `${unfinished}-journal`]) {
      await Deno.remove(left).catch(() => {});
    }
    throw asStoreFailure(error, what);
  }
}

async function refuseOver(path: string, what: string): Promise<void> {
  try {
    await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw asStoreFailure(error, what);
  }
  throw new StoreError("unwritable", `${what}: it is there already; a backup makes a new file`);
}

async function makeFile(path: string, what: string): Promise<void> {
  try {
    const file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
    file.close();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StoreError("unwritable", `${what}: ${why}`, { cause: error });
  }
}
