import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "node:path";
import type { BackendServer } from "../../backends/backend_server.ts";
import { DATABASE_PROGRAMS, startDatabase } from "../../backends/database.ts";
import { missingPrograms, runProgram } from "../../backends/program.ts";
import { Connection, type MysqlAddress, type MysqlTls } from "../../store/mysql/connection.ts";
import { openMysql } from "../../store/mysql/mysql.ts";
import { raw } from "../../store/mysql/sql.ts";
import { StoreError } from "../../store/store.ts";
import { inFolder } from "../../store/suite.ts";
import { emptyFolder, run, start } from "../cli/program.ts";
import { addressOf } from "./address.ts";

const ignore = missingPrograms(...DATABASE_PROGRAMS, "openssl").length > 0;
const TIMEOUT_MS = 30_000;

/** An authority, and what it signed for `localhost`. */
async function makeAuthority(folder: string): Promise<void> {
  const at = (name: string) => join(folder, name);
  await Deno.mkdir(folder);
  const newKey = ["-newkey", "rsa:2048", "-nodes", "-days", "2"];
  await runProgram(
    "openssl",
    ...["req", "-x509", ...newKey, "-subj", "/CN=An authority for tests"],
    ...["-keyout", at("ca.key"), "-out", at("ca.pem")],
  );
  await runProgram(
    "openssl",
    ...["req", "-new", ...newKey.slice(0, 3), "-subj", "/CN=localhost"],
    ...["-keyout", at("server.key"), "-out", at("server.csr")],
  );
  await Deno.writeTextFile(at("names"), "subjectAltName=DNS:localhost\n");
  await runProgram(
    "openssl",
    ...["x509", "-req", "-days", "2", "-in", at("server.csr"), "-extfile", at("names")],
    ...["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial", "-out", at("server.pem")],
  );
}

/** A server that talks to nobody in the clear. */
async function withSecureServer(
  use: (server: BackendServer, authorities: { right: string; wrong: string }) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const [right, wrong] = [join(folder, "right"), join(folder, "wrong")];
    await makeAuthority(right);
    await makeAuthority(wrong);
    await using server = await startDatabase({
      options: [
        `--ssl-ca=${join(right, "ca.pem")}`,
        `--ssl-cert=${join(right, "server.pem")}`,
        `--ssl-key=${join(right, "server.key")}`,
        "--require-secure-transport=ON",
      ],
    });
    await use(server, { right: join(right, "ca.pem"), wrong: join(wrong, "ca.pem") });
  });
}

async function cipherOf(address: MysqlAddress): Promise<string> {
  const connection = await Connection.open(address, TIMEOUT_MS);
  try {
    const [row] = await connection.rows<{ Value: string }>(
      raw("SHOW STATUS LIKE 'Ssl_cipher'"),
      TIMEOUT_MS,
    );
    return row?.Value ?? "";
  } finally {
    await connection.close();
  }
}

Deno.test({
  name: "mysql: over TLS only to a server whose certificate its authority signed",
  ignore,
  fn: () =>
    withSecureServer(async (server, { right, wrong }) => {
      const plain = { ...addressOf(server.url()), host: "localhost" };
      const secure = (tls: MysqlTls): MysqlAddress => ({ ...plain, tls });
      const ca = await Deno.readTextFile(right);
      const refused = (address: MysqlAddress) =>
        assertRejects(() => openMysql({ ...address, connections: 3 }), StoreError);

      assert(await cipherOf(secure({ mode: "on", ca })) !== "");
      await (await openMysql({ ...secure({ mode: "on", ca }), connections: 3 })).close();
      assert(await cipherOf(secure({ mode: "unverified" })) !== "");

      const unsigned = await refused(
        secure({ mode: "on", ca: await Deno.readTextFile(wrong) }),
      );
      assertEquals(unsigned.failure, "unwritable", unsigned.message);
      assertStringIncludes(unsigned.message, "certificate");
      assertEquals((await refused(secure({ mode: "on" }))).failure, "unwritable");
      const clear = await refused(plain);
      assertEquals(clear.failure, "unwritable", clear.message);
      // MariaDB says the one, MySQL the other.
      assertMatch(clear.message, /Access denied|insecure transport/);
    }),
});

Deno.test({
  name: "mysql: the program starts over TLS with the permissions of its task, and says why not",
  ignore,
  fn: () =>
    withSecureServer(async (server, { right, wrong }) => {
      await using folder = await emptyFolder();
      const cwd = folder.path;
      // The program may read nothing else.
      await Deno.mkdir(join(cwd, "data"));
      await Deno.copyFile(right, join(cwd, "data", "right.pem"));
      await Deno.copyFile(wrong, join(cwd, "data", "wrong.pem"));
      const url = server.url({ hostname: "localhost", port: server.port });
      {
        const args = ["--port", "0", "--store", `${url}?pool=3&tls=on&ca=data/right.pem`];
        await using program = await start(args, { cwd });
        const answer = await fetch(`${await program.address()}/readyz`);
        assertEquals(answer.status, 200, await answer.text());
      }
      for (const options of ["?tls=on&ca=data/wrong.pem", "?tls=on&ca=data/none.pem", ""]) {
        const { code, stdout, stderr } = await run(["--port", "0", "--store", url + options], {
          cwd,
        });
        assertEquals([code, stdout], [1, ""], options);
        assertMatch(
          stderr,
          /^hubbub: [^\n]*(certificate|none\.pem|Access denied|insecure transport)[^\n]*\n$/,
        );
        assertEquals(stderr.includes(new URL(url).password), false);
      }
    }),
});
