import { assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { Progress } from "./progress.ts";

function shown(isTerminal: boolean, columns = 120) {
  const written: string[] = [];
  let now = 0;
  const display = { isTerminal, width: () => columns, write: (text: string) => written.push(text) };
  const progress = new Progress(display, () => now);
  return { written, progress, pass: (ms: number) => now += ms };
}

Deno.test("on a terminal a bar is drawn over itself, with amount, rate and time left", () => {
  const { written, progress, pass } = shown(true);
  progress.begin("copy", 4_000);
  for (let i = 0; i < 10; i++) {
    pass(100);
    progress.advance("messages", 100);
  }
  assertEquals(
    written.at(-1),
    "\rCopying messages     [#####---------------]   25 %  1,000 of 4,000 rows  1,000 rows/s  " +
      "0:03 left\x1b[K",
  );
  assertEquals(written.length, 10);
  pass(3_000);
  progress.advance("messages", 3_000);
  progress.end();
  progress.end();
  assertEquals(written.at(-1), "\rCopying: 4,000 rows in 0:04, 1,000 rows/s\x1b[K\n");
  assertEquals(written.length, 12);
});

Deno.test("a bar is redrawn ten times a second at most, and never wraps", () => {
  const { written, progress, pass } = shown(true, 40);
  progress.begin("compare", 100_000);
  for (let i = 0; i < 1_000; i++) {
    pass(1);
    progress.advance("messages", 100);
  }
  assertEquals(written.length, 10);
  // deno-lint-ignore no-control-regex -- how a terminal is told to
  for (const text of written) assertLess(text.replace(/\r|\x1b\[K/g, "").length, 40);
});

Deno.test("elsewhere there is a plain line every ten seconds and one for each phase", () => {
  const { written, progress, pass } = shown(false);
  progress.begin("copy", 100);
  for (let i = 0; i < 25; i++) {
    pass(1_000);
    progress.advance("rooms", 1);
  }
  progress.begin("index", 0);
  progress.end();
  assertEquals(written, [
    "Copying rooms         10 %  10 of 100 rows  1 rows/s  1:30 left\n",
    "Copying rooms         20 %  20 of 100 rows  1 rows/s  1:20 left\n",
    "Copying: 25 of 100 rows in 0:25, 1 rows/s\n",
    "Indexing: 0 rows in 0:00, 0 rows/s\n",
  ]);
});

Deno.test("the rate and the time left follow what happens now, not what happened at first", () => {
  const { written, progress, pass } = shown(true);
  progress.begin("copy", 1_000_000);
  for (let i = 0; i < 300; i++) {
    pass(100);
    progress.advance(i < 200 ? "users" : "messages", i < 200 ? 1_000 : 10);
  }
  assertStringIncludes(written.at(-1) ?? "", "100 rows/s  2:13:10 left");
});
