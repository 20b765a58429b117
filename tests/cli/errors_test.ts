import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { CAN_OBEY_MODES, emptyFolder, type Ended, run, start } from "./program.ts";

/** One line on stderr, nothing on stdout. */
function assertOneLine(ended: Ended, code: number, ...parts: string[]): void {
  assertEquals(ended.code, code, ended.stderr);
  assertEquals(ended.stdout, "");
  assertMatch(ended.stderr, /^hubbub: [^\n]+\n$/);
  for (const part of parts) assertStringIncludes(ended.stderr, part);
}

Deno.test("a wrong flag is one line and exit code 2", async () => {
  await using folder = await emptyFolder();
  assertOneLine(await run(["--port", "http"], { cwd: folder.path }), 2, "--port takes", '"http"');
  assertEquals([...Deno.readDirSync(folder.path)], [], "it left something behind");
});

Deno.test("a wrong variable is one line and exit code 2", async () => {
  await using folder = await emptyFolder();
  const env = { HUBBUB_RATE: "fast" };
  assertOneLine(await run([], { cwd: folder.path, env }), 2, "HUBBUB_RATE takes", '"fast"');
});

Deno.test("a port in use is one line and exit code 1, on either transport", async () => {
  await using folder = await emptyFolder();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = String(listener.addr.port);
  for (const transport of ["native", "guarded"]) {
    const args = ["--port", port, "--store", "memory:", "--transport", transport];
    assertOneLine(await run(args, { cwd: folder.path }), 1, `127.0.0.1:${port}`);
  }
});

Deno.test("an address that is not this machine's is one line and exit code 1", async () => {
  await using folder = await emptyFolder();
  const args = ["--host", "192.0.2.1", "--port", "0", "--store", "memory:"];
  assertOneLine(await run(args, { cwd: folder.path }), 1, "192.0.2.1", "not an address of this");
});

Deno.test("several nodes without a store that they share are one line and exit code 1", async () => {
  await using folder = await emptyFolder();
  for (const store of ["memory:", "sqlite:./data/hubbub.db"]) {
    const args = ["--port", "0", "--store", store, "--redis", "redis://:secret@127.0.0.1:1"];
    const ended = await run(args, { cwd: folder.path });
    assertOneLine(ended, 1, "--redis", "mysql://");
    assert(!ended.stderr.includes("secret"));
  }
});

Deno.test("a data folder that cannot be written is one line and exit code 1", async () => {
  await using folder = await emptyFolder();
  // A file where the folder should be: unlike permission bits, that stops root as well.
  await Deno.writeTextFile(join(folder.path, "data"), "");
  assertOneLine(await run(["--port", "0"], { cwd: folder.path }), 1, "data/hubbub.db");
});

Deno.test({
  name: "a read-only data folder is one line and exit code 1",
  ignore: !CAN_OBEY_MODES,
  async fn() {
    await using folder = await emptyFolder();
    await Deno.mkdir(join(folder.path, "data"), { mode: 0o500 });
    const how = { cwd: folder.path, obeysModes: true };
    assertOneLine(await run(["--port", "0"], how), 1, "data/hubbub.db");
  },
});

Deno.test({
  name: "a database that may only be read is one line and exit code 1",
  ignore: !CAN_OBEY_MODES,
  async fn() {
    await using folder = await emptyFolder();
    {
      await using first = await start(["--port", "0"], { cwd: folder.path });
      await first.address();
      first.kill("SIGTERM");
      assertEquals((await first.ended).code, 0);
    }
    await Deno.chmod(join(folder.path, "data", "hubbub.db"), 0o400);
    const how = { cwd: folder.path, obeysModes: true };
    assertOneLine(await run(["--port", "0"], how), 1, "data/hubbub.db", "written");
  },
});

Deno.test("a database outside of what may be written is one line and exit code 1", async () => {
  await using folder = await emptyFolder();
  const path = join(folder.path, "elsewhere.db");
  const args = ["--port", "0", "--store", `sqlite:${path}`];
  assertOneLine(await run(args, { cwd: folder.path }), 1, path, "deno task start", "./data");
});

async function withDatabase(make: (path: string) => void | Promise<void>): Promise<Ended> {
  await using folder = await emptyFolder();
  await Deno.mkdir(join(folder.path, "data"));
  const path = join(folder.path, "data", "hubbub.db");
  await make(path);
  const before = await Deno.readFile(path);
  const ended = await run(["--port", "0"], { cwd: folder.path });
  assertEquals(await Deno.readFile(path), before, "it changed a database it does not know");
  return ended;
}

Deno.test("what is no database is one line and exit code 1, and is left alone", async () => {
  const noise = crypto.getRandomValues(new Uint8Array(8192));
  const ended = await withDatabase((path) => Deno.writeFile(path, noise));
  assertOneLine(ended, 1, "data/hubbub.db");
});

Deno.test("another program's database is one line and exit code 1, and is left alone", async () => {
  const ended = await withDatabase((path) => {
    const database = new DatabaseSync(path);
    database.exec("CREATE TABLE notes (text); INSERT INTO notes VALUES ('mine')");
    database.close();
  });
  assertOneLine(ended, 1, "data/hubbub.db", "another program");
});

Deno.test("a database of a newer version is one line and exit code 1", async () => {
  await using folder = await emptyFolder();
  {
    await using first = await start(["--port", "0"], { cwd: folder.path });
    await first.address();
    first.kill("SIGTERM");
    assertEquals((await first.ended).code, 0);
  }
  const database = new DatabaseSync(join(folder.path, "data", "hubbub.db"));
  database.exec("PRAGMA user_version = 9999");
  database.close();
  assertOneLine(await run(["--port", "0"], { cwd: folder.path }), 1, "newer", "9999");
});
