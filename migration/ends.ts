import { placeSecrets, readSecrets, secretsBeside } from "../accounts/secrets_file.ts";
import type { LastingStore } from "../configuration.ts";
import type { MysqlAddress } from "../store/mysql/connection.ts";
import type { Source, TargetPlace } from "../store/transfer/ends.ts";
import type { SecretsPlace } from "./secrets.ts";

/** What stands behind the names of the two stores, sort by sort; loaded when it is one of them. */

type MysqlStore = Extract<LastingStore, { kind: "mysql" }>;

export async function openSource(store: LastingStore): Promise<Source> {
  if (store.kind === "mysql") {
    const { openMysqlSource } = await import("../store/transfer/mysql_source.ts");
    return await openMysqlSource(await addressOf(store));
  }
  const { openSqliteSource } = await import("../store/transfer/sqlite_source.ts");
  return await openSqliteSource(store.path);
}

export async function targetAt(store: LastingStore): Promise<TargetPlace> {
  if (store.kind === "mysql") {
    const { mysqlTargetAt } = await import("../store/transfer/mysql_target.ts");
    return mysqlTargetAt(await addressOf(store));
  }
  const { sqliteTargetAt } = await import("../store/transfer/sqlite_target.ts");
  return sqliteTargetAt(store.path);
}

export async function secretsOf(store: LastingStore): Promise<SecretsPlace> {
  if (store.kind === "mysql") {
    const { mysqlSecretsAt } = await import("./mysql_secrets.ts");
    return mysqlSecretsAt(await addressOf(store));
  }
  const name = secretsBeside(store.path);
  return {
    name,
    // Whatever else is in that folder may have made them.
    isOwn: false,
    read: () => readSecrets(name),
    place: (secrets) => placeSecrets(name, secrets),
  };
}

async function addressOf({ tls, ca, ...rest }: MysqlStore): Promise<MysqlAddress> {
  const authorities = ca === undefined ? undefined : await Deno.readTextFile(ca);
  return { ...rest, tls: { mode: tls, ca: authorities } };
}
