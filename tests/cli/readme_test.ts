import { assertEquals, assertStringIncludes } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { join } from "node:path";
import { PATIENCE_MS } from "../patience.ts";
import { emptyFolder, ROOT, start } from "./program.ts";

/** Runs a snippet until it has printed what a newcomer should see, and answers what it printed. */
async function printed(snippet: string, until: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", `${snippet}; setTimeout(() => Deno.exit(1), ${PATIENCE_MS})`],
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let output = "";
  const reading = (async () => {
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      output += chunk;
      if (output.includes(until)) break;
    }
  })();
  await deadline(reading, PATIENCE_MS).finally(() => child.kill("SIGKILL"));
  await child.status;
  return output;
}

Deno.test("the programs in the README work as they are written", async () => {
  const readme = await Deno.readTextFile(join(ROOT, "README.md"));
  const snippets = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code!);
  assertEquals(snippets.length, 2);
  await using folder = await emptyFolder();
  await using program = await start(["--port", "0"], { cwd: folder.path });
  const { host } = new URL(await program.address());
  const [plain, json] = snippets.map((code) => code.replaceAll("127.0.0.1:8080", host));
  assertStringIncludes(await printed(plain!, "Alice: hello"), "Alice: hello");
  assertStringIncludes(await printed(json!, '"sent"'), 'type: "sent"');
});
