import { mayFill, type Source, type TargetPlace, TransferError } from "../store/transfer/ends.ts";
import { TABLES } from "../store/transfer/tables.ts";
import { type Listener, transfer } from "../store/transfer/transfer.ts";
import { type SecretsPlace, secretsToPlace } from "./secrets.ts";

/** From where, to where, and how. */
export interface Migration {
  readonly source: Source;
  readonly target: TargetPlace;
  readonly secrets: { readonly from: SecretsPlace; readonly to: SecretsPlace };
  /** Only look whether it could be done, and how much it is. */
  readonly dryRun: boolean;
  readonly listener: Listener;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Moves a whole store with the keys that sign its tokens; the source stays as it is. Answers what
 * to tell, a line each. Throws `TransferError`, `OtherSecrets` and what the stores throw.
 */
export async function migrate(migration: Migration): Promise<readonly string[]> {
  const { source, target, secrets, listener, signal } = migration;
  if (source.name === target.name) {
    throw new TransferError("same_store", `${source.name} cannot be moved onto itself`);
  }
  const state = await target.state();
  mayFill(target.name, state, source.name);
  // Known before hours of copying, not after.
  await secretsToPlace(secrets.from, secrets.to);
  if (migration.dryRun) return await plan(migration, state.kind === "unfinished");
  const filled = await target.take(source.name);
  try {
    const { rows, outdated } = await transfer({ source, target: filled, listener, signal });
    const lines = [`Moved ${rows.toLocaleString("en")} rows; both sides are the same`];
    if (outdated > 0) {
      lines.unshift(`${outdated.toLocaleString("en")} rows of the earlier run were outdated`);
    }
    lines.push(...await moveSecrets(secrets.from, secrets.to));
    await filled.finish();
    return lines;
  } finally {
    await filled.close();
  }
}

async function moveSecrets(from: SecretsPlace, to: SecretsPlace): Promise<string[]> {
  const wanted = await secretsToPlace(from, to);
  if (wanted) await to.place(wanted);
  return wanted || await from.read()
    ? []
    : [`There are no keys at ${from.name}: everybody has to log in again`];
}

async function plan({ source, target }: Migration, unfinished: boolean): Promise<string[]> {
  const lines: string[] = [];
  for (const table of TABLES) {
    lines.push(`${table.name}: ${(await source.count(table)).toLocaleString("en")} rows`);
  }
  const what = unfinished ? "go on with the unfinished migration" : "be moved";
  return [...lines, `would ${what} from ${source.name} to ${target.name}`];
}
