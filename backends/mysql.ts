import { asRoot, type DatabaseKind, filesOf } from "./database_kind.ts";
import { runProgram } from "./program.ts";

/** Small, so that a server starts soon. */
const REDO_LOG = "--innodb-redo-log-capacity=64M";

/** MySQL 8.0.30 or later. `server`: the path of `mysqld`, or of a script that becomes it by `exec`. */
export const mysqlAt = (server: string): DatabaseKind => ({
  name: "MySQL",
  programs: [server],
  // How it wants to be given the password, unless a user has it otherwise.
  greeting: "caching_sha2_password",
  async install(folder) {
    await runProgram(
      server,
      ...filesOf(folder),
      "--initialize-insecure",
      `--log-error=${folder}/error.log`,
      REDO_LOG,
      // Nothing is lost that could not be made again, and a slow disk would take half a minute.
      "--innodb-flush-method=nosync",
      ...asRoot(),
    );
  },
  command: (folder) => [
    server,
    ...filesOf(folder),
    REDO_LOG,
    // Of its other protocol, which nothing here speaks: its port is the same for all servers.
    "--mysqlx=OFF",
    // Its package would have to make the folder.
    "--secure-file-priv=NULL",
    // On unless it is turned off; MariaDB's is off.
    "--sync-binlog=0",
  ],
});
