import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";

const ROOT = join(import.meta.dirname!, "..");
const document = await Deno.readTextFile(join(ROOT, "docs/security.md"));

Deno.test("every test that docs/security.md names is in the file it names", async () => {
  const named = [...document.matchAll(/\[([^\]]+)\]\(\.\.\/([^)]+_test\.ts)\)/g)];
  assert(named.length > 50, `${named.length} tests are named`);
  for (const [, name = "", file = ""] of named) {
    const source = await Deno.readTextFile(join(ROOT, file));
    assert(source.includes(name), `${file} has no test called ${name}`);
  }
});

Deno.test("every row of docs/security.md has its own number, an answer and a test", () => {
  const rows = [...document.matchAll(/^\| (\d+) +\| (.+?) \| (.+?) \| (.+?) \|$/gm)];
  const numbers = rows.map(([, number]) => Number(number));
  assertEquals(numbers, [...new Set(numbers)].sort((a, b) => a - b));
  assertEquals(numbers.length, document.match(/^\| \d/gm)?.length);
  for (const [, number, , does = "", tests = ""] of rows) {
    assert(does.trim() !== "", `${number} has no answer`);
    assert(tests.includes("_test.ts)"), `${number} has no test`);
  }
});
