import { placeSecrets, readSecrets, secretsBeside } from "../accounts/secrets.ts";
import type { LastingStore } from "../configuration.ts";
import type { Source, TargetPlace } from "../store/transfer/ends.ts";
import { openSqliteSource } from "../store/transfer/sqlite_source.ts";
import { sqliteTargetAt } from "../store/transfer/sqlite_target.ts";
import type { SecretsPlace } from "./secrets.ts";

/** What stands behind the names of the two stores, sort by sort. */

export function openSource({ path }: LastingStore): Promise<Source> {
  return openSqliteSource(path);
}

export function targetAt({ path }: LastingStore): TargetPlace {
  return sqliteTargetAt(path);
}

export function secretsOf({ path }: LastingStore): SecretsPlace {
  const name = secretsBeside(path);
  return {
    name,
    read: () => readSecrets(name),
    place: (secrets) => placeSecrets(name, secrets),
  };
}
