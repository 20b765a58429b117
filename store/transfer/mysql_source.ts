import { Connection, type MysqlAddress } from "../mysql/connection.ts";
import { MIGRATIONS, refuseNewer, stateOf } from "../mysql/migrate.ts";
import { raw } from "../mysql/sql.ts";
import { unfinished } from "../unfinished.ts";
import { requireNewest, type Source, TransferError } from "./ends.ts";
import { attempt, MysqlRows, STATEMENT_TIMEOUT_MS } from "./mysql_rows.ts";

const CONNECT_TIMEOUT_MS = 5_000;

/** One state of all tables, for as long as the transaction is open. */
const SNAPSHOT = raw(
  `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;
   START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY`,
);

/**
 * The database as it is now, for reading alone; nodes may go on writing to it. The server keeps
 * old versions of what they change meanwhile. Throws `StoreError`, or `TransferError` "source".
 */
export function openMysqlSource(address: MysqlAddress): Promise<Source> {
  const name = nameOf(address);
  return attempt(name, async () => {
    const connection = await Connection.open(address, CONNECT_TIMEOUT_MS);
    try {
      await connection.becomePatient(CONNECT_TIMEOUT_MS);
      await requireWhole(connection, name);
      await connection.script(SNAPSHOT, STATEMENT_TIMEOUT_MS);
      return new MysqlRows(connection, name);
    } catch (error) {
      connection.destroy();
      throw error;
    }
  });
}

async function requireWhole(connection: Connection, name: string): Promise<void> {
  const { version, from } = await stateOf(connection, name);
  if (version === undefined) throw new TransferError("source", `there is no store in ${name}`);
  if (from !== undefined) throw unfinished(name, from);
  refuseNewer(version, MIGRATIONS, name);
  requireNewest(name, version, MIGRATIONS.length);
}

/** Without user and password: who asks makes no difference to what is there. */
export function nameOf({ host, port, database }: MysqlAddress): string {
  return `mysql://${host}:${port}/${database}`;
}
