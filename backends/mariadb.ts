import { asRoot, type DatabaseKind, filesOf } from "./database_kind.ts";
import { runProgram } from "./program.ts";

const INSTALL = "mariadb-install-db";
const SERVER = "mariadbd";
/** Small, so that a server starts soon. */
const REDO_LOG = "--innodb-log-file-size=16M";

export const MARIADB: DatabaseKind = {
  name: "MariaDB",
  programs: [SERVER, INSTALL],
  greeting: "MariaDB",
  async install(folder) {
    await runProgram(
      INSTALL,
      ...filesOf(folder),
      "--auth-root-authentication-method=normal",
      "--skip-test-db",
      REDO_LOG,
      ...asRoot(),
    );
  },
  command: (folder) => [SERVER, ...filesOf(folder), REDO_LOG],
};
