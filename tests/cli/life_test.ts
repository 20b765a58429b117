import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { join } from "node:path";
import { PATIENCE_MS } from "../patience.ts";
import { connect, enter, say } from "./client.ts";
import { emptyFolder, run, start } from "./program.ts";

Deno.test("--help and --version go to stdout with exit code 0 and start nothing", async () => {
  await using folder = await emptyFolder();
  for (
    const [flag, pattern] of [["--help", /--port N/], ["--version", /^hubbub \d+\.\d+\.\d+\n$/]]
  ) {
    const ended = await run([String(flag)], { cwd: folder.path });
    assertEquals([ended.code, ended.stderr], [0, ""]);
    assertMatch(ended.stdout, pattern as RegExp);
  }
  assertEquals([...Deno.readDirSync(folder.path)], []);
});

for (const transport of ["native", "guarded"]) {
  Deno.test(`SIGTERM tells clients 1001 and ends with 0 (${transport})`, async () => {
    await using folder = await emptyFolder();
    const args = ["--port", "0", "--transport", transport];
    await using program = await start(args, { cwd: folder.path });
    const address = await program.address();
    using client = connect(address, "name=alice");
    await client.welcome;
    program.kill("SIGTERM");
    assertEquals((await deadline(client.closed, PATIENCE_MS)).code, 1001);
    const { code, stdout, stderr } = await deadline(program.ended, PATIENCE_MS);
    assertEquals(code, 0, stderr);
    assertStringIncludes(stdout, `${address}/ (${transport} transport: `);
  });

  Deno.test(`what was acknowledged before SIGINT is there after a start (${transport})`, async () => {
    await using folder = await emptyFolder();
    const args = ["--port", "0", "--transport", transport];
    {
      await using program = await start(args, { cwd: folder.path });
      using client = await enter(await program.address(), "alice");
      await say(client, "kept");
      program.kill("SIGINT");
      assertEquals((await program.ended).code, 0);
    }
    await using program = await start(args, { cwd: folder.path });
    using client = await enter(await program.address(), "bob");
    assertEquals((await client.next("message"))["content"], "kept");
  });
}

Deno.test("the log says how many connections are let in", async () => {
  await using folder = await emptyFolder();
  const args = ["--port", "0", "--store", "memory:", "--max-connections", "7"];
  await using program = await start(args, { cwd: folder.path });
  await program.address();
  assertMatch(program.stderr(), / maxConnections=7 /);
});

Deno.test("a second signal ends the program at once", async () => {
  await using folder = await emptyFolder();
  await using program = await start(["--port", "0", "--transport", "guarded"], {
    cwd: folder.path,
  });
  const { hostname, port } = new URL(await program.address());
  // A peer that never answers the closing handshake keeps an orderly stop waiting.
  using peer = await Deno.connect({ hostname, port: Number(port) });
  const key = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
  await peer.write(new TextEncoder().encode(
    `GET /ws HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  ));
  await peer.read(new Uint8Array(1024));
  program.kill("SIGTERM");
  // Another one, because a signal that is still on its way swallows its like.
  program.kill("SIGINT");
  assertEquals((await program.ended).code, 130);
});

Deno.test("secrets are made at the first start, are the server's own, and last", async () => {
  await using one = await emptyFolder();
  await using other = await emptyFolder();
  const first = async (cwd: string) => {
    await using program = await start(["--port", "0"], { cwd });
    using client = connect(await program.address(), "name=alice");
    const { token } = await client.welcome;
    program.kill("SIGTERM");
    await program.ended;
    return String(token);
  };
  const token = await first(one.path);
  const answerTo = async (cwd: string) => {
    await using program = await start(["--port", "0"], { cwd });
    using client = connect(await program.address(), "", `bearer.${token}`);
    return await Promise.race([
      client.next("error").then(({ code }) => code),
      client.welcome.then(({ user }) => user),
    ]);
  };
  assertEquals(await answerTo(one.path), { name: "alice", guest: true });
  assertEquals(await answerTo(other.path), "unauthorized");
});

Deno.test("secrets and data are readable by their owner alone", async () => {
  await using folder = await emptyFolder();
  await using program = await start(["--port", "0"], { cwd: folder.path });
  await program.address();
  for (const entry of Deno.readDirSync(join(folder.path, "data"))) {
    if (!/secret/.test(entry.name)) continue;
    const { mode } = await Deno.stat(join(folder.path, "data", entry.name));
    assertEquals((mode ?? 0) & 0o077, 0, entry.name);
  }
});

Deno.test("a variable is read by the real program, and other variables are not", async () => {
  await using folder = await emptyFolder();
  const env = { HUBBUB_PORT: "0", HUBBUB_STORE: "memory:", HUBBUB_LOG_FORMAT: "json" };
  await using program = await start([], { cwd: folder.path, env });
  const answer = await fetch(`${await program.address()}/healthz`);
  assert(answer.ok);
  await answer.body?.cancel();
});
