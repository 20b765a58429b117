import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { connect, enter, say } from "./client.ts";
import { emptyFolder, type Ended, run, start } from "./program.ts";

/** A folder whose database has one message in it; nothing serves it. */
async function withMessage() {
  const folder = await emptyFolder();
  await using program = await start(["--port", "0"], { cwd: folder.path });
  using client = await enter(await program.address(), "alice");
  await say(client, "kept");
  program.kill("SIGTERM");
  assertEquals((await program.ended).code, 0);
  return folder;
}

function assertDone(ended: Ended): void {
  assertEquals([ended.code, ended.stderr], [0, ""]);
  assertMatch(ended.stdout, /^[^\n]+\n$/);
}

Deno.test("check finds nothing wrong with what the server wrote", async () => {
  await using folder = await withMessage();
  assertDone(await run(["check"], { cwd: folder.path }));
});

Deno.test("a backup made while the server writes is a database the server starts from", async () => {
  await using folder = await emptyFolder();
  {
    await using program = await start(["--port", "0", "--rate", "0"], { cwd: folder.path });
    using client = await enter(await program.address(), "alice");
    await say(client, "before");
    const backup = run(["backup", "data/copy.db"], { cwd: folder.path });
    let done = false;
    backup.finally(() => done = true);
    while (!done) await say(client, "meanwhile");
    assertDone(await backup);
  }
  const args = ["--port", "0", "--store", "sqlite:data/copy.db"];
  assertDone(await run(["check", ...args.slice(2)], { cwd: folder.path }));
  await using program = await start(args, { cwd: folder.path });
  using client = await enter(await program.address(), "bob");
  client.send({ type: "history", room: "lobby", after: 0, limit: 2 });
  const { messages } = await client.next("history");
  assertEquals((messages as { content: string }[]).map(({ content }) => content), [
    "before",
    "meanwhile",
  ]);
});

Deno.test("a backup does not write over a file that is there", async () => {
  await using folder = await withMessage();
  const target = join(folder.path, "data", "mine.txt");
  await Deno.writeTextFile(target, "mine");
  const ended = await run(["backup", "data/mine.txt"], { cwd: folder.path });
  assertEquals([ended.code, ended.stdout], [1, ""]);
  assertMatch(ended.stderr, /^hubbub: [^\n]*mine\.txt[^\n]*\n$/);
  assertEquals(await Deno.readTextFile(target), "mine");
  // Nor over another chat, or yesterday's backup.
  await Deno.copyFile(
    join(folder.path, "data", "hubbub.db"),
    join(folder.path, "data", "other.db"),
  );
  const again = await run(["backup", "data/other.db"], { cwd: folder.path });
  assertEquals([again.code, again.stdout], [1, ""]);
  assertMatch(again.stderr, /^hubbub: [^\n]*other\.db[^\n]*already[^\n]*\n$/);
  const left = await Array.fromAsync(Deno.readDir(join(folder.path, "data")), ({ name }) => name);
  assertEquals(left.filter((name) => name.endsWith(".new")), [], "nothing is left beside it");
});

Deno.test("what looks after a store makes none where there is none", async () => {
  await using folder = await emptyFolder();
  for (
    const command of [["check"], ["backup", "data/copy.db"], ["admin", "grant", "alice"], [
      "secrets",
      "rotate",
    ]]
  ) {
    const ended = await run(command, { cwd: folder.path });
    assertEquals([ended.code, ended.stdout], [1, ""], command.join(" "));
    assertMatch(ended.stderr, /^hubbub: [^\n]*data\/hubbub\.db[^\n]*\n$/);
  }
  assertEquals([...Deno.readDirSync(folder.path)], []);
});

Deno.test("admin grants and revokes, and knows accounts alone", async () => {
  await using folder = await emptyFolder();
  await using program = await start(["--port", "0"], { cwd: folder.path });
  const address = await program.address();
  const answer = await fetch(`${address}/api/accounts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "alice", password: "correct horse battery" }),
  });
  const body = await answer.text();
  assert(answer.ok, body);
  using _guest = await enter(address, "bob");
  const isAdmin = () => {
    using database = new DatabaseSync(join(folder.path, "data", "hubbub.db"), { readOnly: true });
    return database.prepare("SELECT count(*) AS n FROM users WHERE admin = 1").get()?.["n"];
  };
  assertDone(await run(["admin", "grant", "Alice"], { cwd: folder.path }));
  assertEquals(isAdmin(), 1);
  assertDone(await run(["admin", "revoke", "alice"], { cwd: folder.path }));
  assertEquals(isAdmin(), 0);
  for (const name of ["bob", "nobody"]) {
    const ended = await run(["admin", "grant", name], { cwd: folder.path });
    assertEquals(ended.code, 1);
    assertStringIncludes(ended.stdout + ended.stderr, name);
  }
});

Deno.test("secrets rotate puts a new key in front, and who was known before still is", async () => {
  await using folder = await emptyFolder();
  const keys = () => {
    const text = Deno.readTextFileSync(join(folder.path, "data", "secrets.json"));
    return (JSON.parse(text).keys as { id: string }[]).map(({ id }) => id);
  };
  let token: string;
  let former: string[];
  {
    await using program = await start(["--port", "0"], { cwd: folder.path });
    using client = connect(await program.address(), "name=alice");
    token = String((await client.welcome)["token"]);
    former = keys();
    // Also while it serves.
    assertDone(await run(["secrets", "rotate"], { cwd: folder.path }));
  }
  assertEquals(keys().slice(1), former);
  await using program = await start(["--port", "0"], { cwd: folder.path });
  using client = connect(await program.address(), "", `bearer.${token}`);
  assertEquals((await client.welcome)["user"], { name: "alice", guest: true });
});
