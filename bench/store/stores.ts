import { join } from "node:path";
import { isMariadb, startDatabase } from "../../backends/database.ts";
import { openMemory } from "../../store/memory.ts";
import { Connection, type MysqlAddress } from "../../store/mysql/connection.ts";
import { openMysql } from "../../store/mysql/mysql.ts";
import { raw } from "../../store/mysql/sql.ts";
import { openSqlite } from "../../store/sqlite.ts";
import type { Store } from "../../store/store.ts";

export type Durability = "normal" | "full";

/** A kind of store, and where the bench may make some. */
export interface Place extends AsyncDisposable {
  /** What a commit survives can be set. */
  readonly durabilities: readonly Durability[];
  /** The store of that name, made when it is not there. */
  open(name: string, durability: Durability): Promise<Store>;
}

export const PLACES: Readonly<Record<string, () => Promise<Place>>> = {
  memory: () =>
    Promise.resolve({
      durabilities: ["normal"],
      open: () => openMemory({}),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
  sqlite: async () => {
    const folder = await Deno.makeTempDir({ prefix: "hubbub-bench-" });
    return {
      durabilities: ["normal", "full"],
      open: (name, durability) => openSqlite({ path: join(folder, name), durability }),
      [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
    };
  },
  mysql: mariadb,
};

const TIMEOUT_MS = 30_000;
const CONNECTIONS = 10;

/** On this machine, set as docs/operations.md says, but for a cache that fits beside the rest. */
async function mariadb(): Promise<Place> {
  const server = await startDatabase({
    options: [
      "--innodb-buffer-pool-size=1G",
      isMariadb ? "--innodb-log-file-size=512M" : "--innodb-redo-log-capacity=512M",
    ],
  });
  const { hostname, port, username, password } = new URL(server.url());
  const address: MysqlAddress = {
    host: hostname,
    port: Number(port),
    user: username,
    password,
    database: "hubbub",
    tls: { mode: "off" },
  };
  return {
    durabilities: ["normal", "full"],
    async open(name, durability) {
      const connection = await Connection.open(address, TIMEOUT_MS);
      const flushes = durability === "full" ? 1 : 2;
      await connection.script(
        raw(`CREATE DATABASE IF NOT EXISTS ${name};
          SET GLOBAL innodb_flush_log_at_trx_commit = ${flushes}`),
        TIMEOUT_MS,
      );
      await connection.close();
      return await openMysql({ ...address, database: name, connections: CONNECTIONS });
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
