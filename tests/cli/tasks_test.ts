import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { emptyFolder, ROOT } from "./program.ts";

interface Task {
  readonly command: string;
  readonly dependencies?: readonly string[];
}

async function task(name: string): Promise<Task> {
  const manifest = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  return manifest.tasks[name];
}

const permissions = (command: string) => command.match(/--(allow|ignore|deny)-\S+|--no-prompt|-A/g);

Deno.test("start may use the network, the host's name, its data folder and its variables, and nothing else", async () => {
  const { command } = await task("start");
  assertEquals(permissions(command), [
    "--no-prompt",
    "--allow-net",
    "--allow-sys=hostname",
    '--allow-env="HUBBUB_*"',
    "--ignore-env",
    "--allow-read=data,static,/dev/null",
    "--allow-write=data",
  ]);
  assertFalse(command.includes("--allow-all"));
});

Deno.test("dev serves with the permissions of start", async () => {
  const [, serve] = (await task("dev")).command.split(" & ");
  assertEquals(permissions(serve!), permissions((await task("start")).command));
});

/** What is said to be in the executable; some folders are one line. */
function listed(output: string): string {
  // deno-lint-ignore no-control-regex -- the colours of the listing
  return output.replace(/\u001b\[[0-9;]*m/g, "").split("Embedded Files")[1]!.split("Files:")[0]!;
}

async function pages(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  const found = entries.map(({ name, isDirectory }) => {
    const path = join(folder, name);
    return isDirectory ? pages(path) : [path];
  });
  return (await Promise.all(found)).flat();
}

Deno.test("the executable holds the program and its page, and nothing of tests, data or tools", async () => {
  await using folder = await emptyFolder();
  const { command, dependencies } = await task("compile");
  assertEquals(dependencies, ["web"]);
  const [deno, ...args] = command.replaceAll('"', "").split(" ");
  assertEquals(deno, "deno");
  const output = join(folder.path, "hubbub");
  args[args.indexOf("--output") + 1] = output;
  // Any executable serves as the base of one that is only looked at; the real base is downloaded.
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    env: { DENORT_BIN: Deno.execPath(), NO_COLOR: "1" },
  }).output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assertEquals(code, 0, said);
  const files = listed(said);
  const parts = ["main.ts", "server.ts", "actors", "store", "migrations", "hono"];
  // Loaded only where they are used, and there all the same.
  for (const part of [...parts, "mysql", "mysql2", "@redis/client", "transfer"]) {
    assert(files.includes(part), `${part} is not in it:\n${files}`);
  }
  const others = /_test\.ts|fake_|\.db|secrets\.json|publish|[─ ](tests|bench|lint|web|docs) /.exec(
    files,
  );
  assertEquals(others, null, files);
  const executable = Buffer.from(await Deno.readFile(output));
  for (const page of await pages(join(ROOT, "static"))) {
    assert(executable.includes(Buffer.from(await Deno.readFile(page))), `${page} is not in it`);
  }
});

Deno.test("the lock file is frozen, and every version in the import map is exact", async () => {
  const manifest = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  assertEquals(manifest.lock.frozen, true);
  for (const [name, specifier] of Object.entries<string>(manifest.imports)) {
    assertMatch(specifier, /^npm:\/?(@[\w-]+\/)?[\w-]+@\d+\.\d+\.\d+(\/|$)/, name);
  }
});
