import type { Secrets, SigningKey } from "../accounts/secrets.ts";
import type { MysqlAddress } from "../store/mysql/connection.ts";
import { Database } from "../store/mysql/database.ts";
import { readSecrets, replaceSecrets } from "../store/mysql/secrets.ts";
import { attempt } from "../store/transfer/mysql_rows.ts";
import { nameOf } from "../store/transfer/mysql_source.ts";
import type { SecretsPlace } from "./secrets.ts";

/** The least that a `Database` takes. */
const CONNECTIONS = 3;
const ER_NO_SUCH_TABLE = 1146;

/** The keys that all nodes of a database share: in a table of it. */
export function mysqlSecretsAt(address: MysqlAddress): SecretsPlace {
  const name = nameOf(address);
  const using = <T>(work: (db: Database) => Promise<T>) =>
    attempt(name, async () => {
      const db = new Database(address, CONNECTIONS);
      try {
        return await work(db);
      } finally {
        await db.close();
      }
    });
  return {
    name,
    isOwn: true,
    read: () => using(read),
    // A node that was started on the empty database has made some.
    place: (secrets) => using((db) => replaceSecrets(db, secrets)),
  };
}

async function read(db: Database): Promise<Secrets | undefined> {
  try {
    const [newest, ...older] = await readSecrets(db) as SigningKey[];
    return newest && [newest, ...older];
  } catch (error) {
    // No node was ever started there.
    if (error instanceof Error && "errno" in error && error.errno === ER_NO_SUCH_TABLE) {
      return undefined;
    }
    throw error;
  }
}
