import { delay } from "@std/async/delay";
import { Connection, type MysqlAddress } from "../../store/mysql/connection.ts";
import { raw } from "../../store/mysql/sql.ts";
import { PATIENCE_MS } from "../patience.ts";

const TIMEOUT_MS = PATIENCE_MS;
const POLL_MS = 5;

/** Ends whoever is connected to a database, as the server does to who asks nothing for a while. */
export async function disconnect(address: MysqlAddress): Promise<void> {
  const connection = await Connection.open({ ...address, database: "mysql" }, TIMEOUT_MS);
  const sessions = async () => {
    const rows = await connection.rows<{ id: number }>(
      raw(`SELECT id FROM information_schema.processlist WHERE db = '${address.database}'`),
      TIMEOUT_MS,
    );
    return rows.map(({ id }) => id);
  };
  try {
    for (const id of await sessions()) await connection.run(raw(`KILL ${id}`), TIMEOUT_MS);
    while ((await sessions()).length > 0) await delay(POLL_MS);
  } finally {
    await connection.close();
  }
}
