import { assert, assertEquals, assertMatch } from "@std/assert";
import { openMysql } from "../../store/mysql/mysql.ts";
import { ALICE, BOB, group, say } from "../../store/suite.ts";
import { emptyFolder, run } from "../cli/program.ts";
import { execute, test, theServer, withServer } from "./database_server.ts";

withServer();

/** What can be made again from the rest, changed by somebody else's hands. */
const PLANTED = [
  "UPDATE rooms SET messages = messages + 2",
  "UPDATE people SET read_ordinal = 7 WHERE user = (SELECT no FROM users WHERE name = 'bob')",
  "DELETE FROM search_grams",
];
const FOUND = [
  "team: the room's count of messages is wrong (2)",
  "team: read marks with a wrong ordinal",
  "messages that the search index lacks or should not have (2)",
];

test("hubbub check names what is wrong, mends what is derived, and says so by its exit code", async (address) => {
  const store = await openMysql({ ...address, connections: 3 });
  try {
    const team = await group(store, ALICE, BOB);
    for (const content of ["hello world", "good evening"]) await say(store, team, ALICE, content);
    await store.markRead(team.id, BOB, 1);
    while (await store.index(100));
  } finally {
    await store.close();
  }
  await using folder = await emptyFolder();
  const check = async (...more: string[]) => {
    const { code, stdout, stderr } = await run(["check", ...more], {
      cwd: folder.path,
      env: { HUBBUB_STORE: theServer().url() },
    });
    assertEquals(stderr, "");
    return { code, lines: stdout.trimEnd().split("\n") };
  };
  assertEquals(await check(), { code: 0, lines: ["Nothing to repair"] });
  await execute(address, ...PLANTED);
  assertEquals(await check(), { code: 1, lines: FOUND });
  assertEquals(await check("--repair"), {
    code: 0,
    lines: FOUND.map((line) => `${line} (repaired)`),
  });
  assertEquals(await check(), { code: 0, lines: ["Nothing to repair"] });
  // What is gone cannot be made again.
  await execute(address, "DELETE FROM messages WHERE ordinal = 1");
  const { code, lines } = await check("--repair");
  assertEquals(code, 1);
  assert(lines.includes("team: numbers missing in the log"), lines.join("\n"));
});

test("backup and an empty database are refused in one line that says what to do", async (address) => {
  await (await openMysql({ ...address, connections: 3 })).close();
  await execute(address, "CREATE DATABASE IF NOT EXISTS nobodys");
  await using folder = await emptyFolder();
  const env = { HUBBUB_STORE: theServer().url() };
  const backup = await run(["backup", "data/copy.db"], { cwd: folder.path, env });
  assertEquals([backup.code, backup.stdout], [1, ""]);
  assertMatch(backup.stderr, /^hubbub: [^\n]*hubbub migrate into a file[^\n]*\n$/);
  const empty = await run(["check"], {
    cwd: folder.path,
    env: { HUBBUB_STORE: theServer().url().replace(/hubbub$/, "nobodys") },
  });
  assertEquals([empty.code, empty.stdout], [1, ""]);
  assertMatch(empty.stderr, /^hubbub: mysql:[^\n]*no Hubbub in this database\n$/);
});
