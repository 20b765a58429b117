import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import { delay } from "@std/async/delay";
import { join } from "node:path";
import { type DatabaseServer, MARIADB_PROGRAMS, startMariadb } from "../../backends/mariadb.ts";
import { missingPrograms } from "../../backends/program.ts";
import { dump } from "../../store/transfer/fake_store.ts";
import { mysqlTargetAt } from "../../store/transfer/mysql_target.ts";
import { type LivedIn, livedIn, served, size, until } from "../cli/migration.ts";
import { run, start } from "../cli/program.ts";
import { addressOf } from "./address.ts";

const FROM = "sqlite:data/hubbub.db";
const BACK = "sqlite:data/back/hubbub.db";
/** Takes long enough to be killed at many points of it. */
const MESSAGES = 30_000;
const FIRST_DEATH_MS = 500;
const LATER_MS = 400;

/** The password of the database stays out of the command line and of what is printed. */
function moving({ path }: LivedIn, url: string, from: string, to: string) {
  return start(["migrate", from, to], { cwd: path, env: { HUBBUB_STORE: url } });
}

async function killAllTheWay(folder: LivedIn, server: DatabaseServer): Promise<number> {
  const place = mysqlTargetAt(addressOf(server.url()));
  let deaths = 0;
  for (let afterMs = FIRST_DEATH_MS;; afterMs += LATER_MS) {
    await using program = await moving(folder, server.url(), FROM, "-");
    const tooLate = await Promise.race([delay(afterMs).then(() => false), program.ended]);
    program.kill("SIGKILL");
    const { code, stdout, stderr } = await program.ended;
    assertFalse((stdout + stderr).includes(new URL(server.url()).password), stdout + stderr);
    if (tooLate) {
      assertEquals(code, 0, stderr);
      assertMatch(stdout, /^(\d+ rows of the earlier [^\n]*\n)?Moved [\d,]+ rows; both [^\n]*\n$/);
      return deaths;
    }
    if ((await place.state()).kind === "unfinished") deaths++;
  }
}

Deno.test({
  name: "SQLite to MySQL and back, killed with -9 on both ways, is the same and is served",
  ignore: missingPrograms(...MARIADB_PROGRAMS).length > 0,
  async fn() {
    await using server = await startMariadb();
    await using folder = await livedIn(MESSAGES);
    const original = dump(join(folder.path, "data", "hubbub.db"));
    const deaths = await killAllTheWay(folder, server);
    assert(deaths >= 3, `it was killed in the middle ${deaths} times`);

    const back = join(folder.path, "data", "back", "hubbub.db");
    for (const bytes of [1, 500_000, 2_000_000]) {
      const before = size(back);
      await using program = await moving(folder, server.url(), "-", BACK);
      await until(program, () => size(back) >= before + bytes);
      program.kill("SIGKILL");
      const { code, stderr } = await program.ended;
      assertEquals(code, 137, `it ended before ${bytes} bytes: ${stderr}`);
    }
    await using last = await moving(folder, server.url(), "-", BACK);
    const { code, stderr } = await last.ended;
    assertEquals(code, 0, stderr);
    assertEquals(dump(back), original);

    await served(folder, server.url());
    await served(folder, BACK);
  },
});

Deno.test({
  name: "a node does not start on a database that is being filled, and is not filled under",
  ignore: missingPrograms(...MARIADB_PROGRAMS).length > 0,
  async fn() {
    await using server = await startMariadb();
    await using folder = await livedIn(MESSAGES);
    const cwd = folder.path;
    const nodeArgs = ["--port", "0", "--store", server.url()];
    {
      await using node = await start(nodeArgs, { cwd });
      await node.address();
      const refused = await run(["migrate", FROM, server.url()], { cwd });
      assertEquals([refused.code, refused.stdout], [1, ""]);
      assertMatch(refused.stderr, /^hubbub: mysql:[^\n]* other programs are connected to it\n$/);
    }
    await using program = await moving(folder, server.url(), FROM, "-");
    await until(program, () => program.stderr().includes("Copying:"));
    const refused = await run(nodeArgs, { cwd });
    assertEquals([refused.code, refused.stdout], [1, ""]);
    assertMatch(refused.stderr, /^hubbub: mysql:[^\n]* holds an unfinished migration[^\n]*\n$/);
    const { code, stderr } = await program.ended;
    assertEquals(code, 0, stderr);
    // The keys that the first node made were its own, and nothing was signed with them.
    await served(folder, server.url());
  },
});
