import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { dump } from "../../store/transfer/fake_store.ts";
import { enter, say } from "./client.ts";
import { type LivedIn, livedIn, served, size, until } from "./migration.ts";
import { emptyFolder, run, start } from "./program.ts";

const FROM = "sqlite:data/hubbub.db";
const TO = "sqlite:data/moved/hubbub.db";
/** Takes long enough to be killed at any point of it. */
const MANY = 30_000;

/** Moves it, to be ended on the way. */
const watched = ({ path }: LivedIn) => start(["migrate", FROM, TO], { cwd: path, isWatched: true });

const moved = ({ path }: LivedIn) => join(path, "data", "moved", "hubbub.db");
const dumps = ({ path }: LivedIn) =>
  ["hubbub.db", "moved/hubbub.db"].map((name) => dump(join(path, "data", name)));

/** Where it is killed: so many bytes further than it was, or when it says that a phase is over. */
const DEATHS: readonly (number | string)[] = [
  1,
  20_000,
  500_000,
  2_000_000,
  2_000_000,
  "Copying:",
  "Comparing:",
];

Deno.test("a migration killed with -9 anywhere is resumed, and what comes out is served", async () => {
  await using folder = await livedIn(MANY);
  const deaths: (number | string)[] = [];
  for (const point of DEATHS) {
    const before = size(moved(folder));
    await using program = await watched(folder);
    await until(
      program,
      () =>
        typeof point === "number"
          ? size(moved(folder)) >= before + point
          : program.stderr().includes(point),
    );
    program.kill("SIGKILL");
    const { code, stdout, stderr } = await program.ended;
    assertEquals([code, stdout], [137, ""], `it ended before ${point}: ${stderr}`);
    deaths.push(point);
    if (point === "Comparing:") {
      const args = ["--port", "0", "--store", TO];
      const refused = await run(args, { cwd: folder.path });
      assertEquals(refused.code, 1);
      assertMatch(refused.stderr, /^hubbub: [^\n]*moved\/hubbub\.db holds an unfinished/);
    }
  }
  const done = await run(["migrate", FROM, TO], { cwd: folder.path });
  assertEquals(done.code, 0, done.stderr);
  assertMatch(done.stdout, /^Moved [\d,]+ rows; both sides are the same\n$/);
  const [from, to] = dumps(folder);
  assertEquals(to, from);
  await served(folder, TO);
});

Deno.test("a store that is served meanwhile is moved as it was at one moment", async () => {
  await using folder = await livedIn(2_000);
  await using server = await start(["--port", "0", "--rate", "0"], { cwd: folder.path });
  using client = await enter(await server.address(), "Gina");
  const moving = run(["migrate", FROM, TO], { cwd: folder.path });
  let done = false;
  moving.finally(() => done = true);
  let said = 0;
  while (!done) await say(client, `meanwhile ${said++}`);
  assertEquals((await moving).code, 0, (await moving).stderr);
  server.kill("SIGTERM");
  await server.ended;
  const [from, to] = dumps(folder);
  const [all, moved] = [from?.["messages"] ?? [], to?.["messages"] ?? []];
  assert(moved.length < all.length, "nothing was said meanwhile");
  assertEquals(moved, all.slice(0, moved.length));
  const checked = await run(["check", "--store", TO], { cwd: folder.path });
  assertEquals(checked.stdout, "Nothing to repair\n");
});

Deno.test("a target that is served is left alone", async () => {
  await using folder = await livedIn(60);
  await using server = await start(["--port", "0", "--store", TO], { cwd: folder.path });
  await server.address();
  const others = await run(["migrate", FROM, TO], { cwd: folder.path });
  assertMatch(others.stderr, /^hubbub: [^\n]*moved\/secrets\.json holds other keys [^\n]*\n$/);
  await Deno.remove(join(folder.path, "data", "moved", "secrets.json"));
  const ended = await run(["migrate", FROM, TO], { cwd: folder.path });
  assertEquals([ended.code, ended.stdout], [1, ""]);
  assertMatch(ended.stderr, /^hubbub: [^\n]*moved[^\n]* is locked\n$/);
});

Deno.test("what cannot be done is one line and exit code 1, and nothing is changed", async () => {
  await using folder = await livedIn(60);
  const before = dump(join(folder.path, "data", "hubbub.db"));
  const refusals = [
    [["sqlite:data/none.db", TO], "there is no database at data/none.db"],
    [[FROM, "sqlite:data/../data/hubbub.db"], "onto itself"],
    [[FROM, "sqlite:elsewhere/hubbub.db"], "elsewhere/hubbub.db"],
  ] as const;
  for (const [ends, why] of refusals) {
    const ended = await run(["migrate", ...ends], { cwd: folder.path });
    assertEquals([ended.code, ended.stdout], [1, ""]);
    assertMatch(ended.stderr, /^hubbub: [^\n]+\n$/);
    assertStringIncludes(ended.stderr, why);
  }
  assertEquals((await run(["migrate", FROM, TO], { cwd: folder.path })).code, 0);
  const again = await run(["migrate", FROM, TO], { cwd: folder.path });
  assertStringIncludes(again.stderr, "holds a store already");
  assertEquals(dumps(folder), [before, before]);
});

Deno.test("SIGINT stops a migration with 130 and a line that says how it goes on", async () => {
  await using folder = await livedIn(MANY);
  await using program = await watched(folder);
  await until(program, () => size(moved(folder)) > 500_000);
  program.kill("SIGINT");
  const { code, stderr } = await program.ended;
  assertEquals(code, 130, stderr);
  assertMatch(stderr, /hubbub: stopped; [^\n]* the same command goes on with it\n$/);
  assertEquals((await run(["migrate", FROM, TO], { cwd: folder.path })).code, 0);
  const [from, to] = dumps(folder);
  assertEquals(to, from);
});

Deno.test("ends that are none are one line and exit code 2", async () => {
  await using folder = await emptyFolder();
  const wrong = [
    [[], "hubbub migrate FROM TO"],
    [[FROM], "hubbub migrate FROM TO"],
    [[FROM, TO, TO], "hubbub migrate FROM TO"],
    [["data/hubbub.db", TO], "FROM takes sqlite:PATH"],
    [[FROM, "memory:"], "TO takes a store that lasts"],
    [[FROM, TO, "--repair"], "--repair belongs to hubbub check"],
  ] as const;
  for (const [words, why] of wrong) {
    const ended = await run(["migrate", ...words], { cwd: folder.path });
    assertEquals([ended.code, ended.stdout], [2, ""]);
    assertStringIncludes(ended.stderr, why);
  }
});
