import { assertEquals, assertFalse, assertMatch } from "@std/assert";
import { delay } from "@std/async/delay";
import { join } from "node:path";
import type { BackendServer } from "../../backends/backend_server.ts";
import { DATABASE_PROGRAMS, startDatabase } from "../../backends/database.ts";
import { missingPrograms } from "../../backends/program.ts";
import { Connection } from "../../store/mysql/connection.ts";
import { raw } from "../../store/mysql/sql.ts";
import { UNFINISHED } from "../../store/unfinished.ts";
import { dump } from "../../store/transfer/fake_store.ts";
import { type LivedIn, livedIn, served, size, until } from "../cli/migration.ts";
import { type Program, run, start } from "../cli/program.ts";
import { addressOf } from "./address.ts";

const FROM = "sqlite:data/hubbub.db";
const BACK = "sqlite:data/back/hubbub.db";
/** Enough to be killed at many points of the way. */
const MESSAGES = 12_000;
const TIMEOUT_MS = 30_000;
const POLL_MS = 5;

/** The password of the database stays out of the command line and of what is printed. */
function moving({ path }: LivedIn, url: string, from: string, to: string) {
  return start(["migrate", from, to], { cwd: path, env: { HUBBUB_STORE: url }, isWatched: true });
}

/** Seen from another database: who is connected to the one that is filled would be waited for. */
async function watch<T>(server: BackendServer, run: (moved: () => Promise<number>) => Promise<T>) {
  const address = { ...addressOf(server.url()), database: "mysql" };
  const connection = await Connection.open(address, TIMEOUT_MS);
  try {
    await connection.becomePatient(TIMEOUT_MS);
    return await run(async () => {
      const [there] = await connection.rows(
        raw(`SELECT 1 FROM information_schema.tables
          WHERE table_schema = 'hubbub' AND table_name = '${UNFINISHED}'`),
        TIMEOUT_MS,
      );
      if (!there) return 0;
      const [row] = await connection.rows<{ n: number }>(
        raw("SELECT COUNT(*) AS n FROM hubbub.messages"),
        TIMEOUT_MS,
      );
      return row?.n ?? 0;
    });
  } finally {
    await connection.close();
  }
}

/** Each ends the run that it is asked about. */
function deaths(moved: () => Promise<number>): ((program: Program) => Promise<boolean>)[] {
  return [
    ...[1, 4_000, 9_000].map((rows) => async () => await moved() >= rows),
    ...["Copying:", "Comparing:"].map((phase) => (program: Program) =>
      Promise.resolve(program.stderr().includes(phase))
    ),
  ];
}

async function killAllTheWay(folder: LivedIn, server: BackendServer): Promise<void> {
  await watch(server, async (moved) => {
    for (const isTime of deaths(moved)) {
      await using program = await moving(folder, server.url(), FROM, "-");
      while (program.isRunning() && !await isTime(program)) await delay(POLL_MS);
      program.kill("SIGKILL");
      const { code, stdout, stderr } = await program.ended;
      assertFalse((stdout + stderr).includes(new URL(server.url()).password), stdout + stderr);
      assertEquals(code, 137, `it ended by itself: ${stderr}`);
    }
  });
  await using program = await moving(folder, server.url(), FROM, "-");
  const { code, stdout, stderr } = await program.ended;
  assertEquals(code, 0, stderr);
  assertMatch(stdout, /^Moved [\d,]+ rows; both [^\n]*\n$/);
}

Deno.test({
  name: "SQLite to MySQL and back, killed with -9 on both ways, is the same and is served",
  ignore: missingPrograms(...DATABASE_PROGRAMS).length > 0,
  async fn() {
    await using server = await startDatabase();
    await using folder = await livedIn(MESSAGES);
    const original = dump(join(folder.path, "data", "hubbub.db"));
    await killAllTheWay(folder, server);

    const back = join(folder.path, "data", "back", "hubbub.db");
    for (const bytes of [1, 300_000, 600_000]) {
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
  ignore: missingPrograms(...DATABASE_PROGRAMS).length > 0,
  async fn() {
    await using server = await startDatabase();
    await using folder = await livedIn(MESSAGES);
    const cwd = folder.path;
    const nodeArgs = ["--port", "0", "--store", server.url()];
    {
      await using node = await start(nodeArgs, { cwd });
      const address = await node.address();
      // Whoever is asked nothing for long lets its connections go.
      const asking = setInterval(() => void ask(address), 1_000);
      try {
        await using program = await start(["migrate", FROM, server.url()], { cwd });
        const refused = await program.ended;
        assertEquals([refused.code, refused.stdout], [1, ""]);
        assertMatch(refused.stderr, /^hubbub: mysql:[^\n]* other programs are connected to it\n$/);
      } finally {
        clearInterval(asking);
      }
    }
    {
      await using program = await moving(folder, server.url(), FROM, "-");
      await until(program, () => program.stderr().includes("Copying:"));
      program.kill("SIGKILL");
      assertEquals((await program.ended).code, 137);
    }
    const refused = await run(nodeArgs, { cwd });
    assertEquals([refused.code, refused.stdout], [1, ""]);
    assertMatch(refused.stderr, /^hubbub: mysql:[^\n]* holds an unfinished migration[^\n]*\n$/);
    await using program = await moving(folder, server.url(), FROM, "-");
    const { code, stderr } = await program.ended;
    assertEquals(code, 0, stderr);
    // The keys that the first node made were its own, and nothing was signed with them.
    await served(folder, server.url());
  },
});

async function ask(address: string): Promise<void> {
  const answer = await fetch(`${address}/readyz`).catch(() => undefined);
  await answer?.body?.cancel();
}
