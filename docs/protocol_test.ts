import { assert, assertEquals, assertThrows } from "@std/assert";
import { COMMANDS } from "../protocol/commands.ts";
import { CLOSE, ERROR_CODES } from "../protocol/errors.ts";
import { DOCUMENT, render } from "./generate_protocol.ts";
import { COMMAND_REFERENCE, ERROR_REFERENCE } from "./protocol_reference.ts";

const document = await Deno.readTextFile(DOCUMENT);

Deno.test("docs/protocol.md says what the schemas, limits and rules say", () => {
  // deno task docs makes it so.
  assertEquals(render(document), document);
});

Deno.test("a stale, unknown or missing part of the document is noticed", () => {
  const stale = document.replace("an integer, 0 to 200", "an integer, 0 to 100");
  assert(stale !== document && render(stale) === document);
  assertThrows(() => render(document.replaceAll("part", "").replaceAll("of rules", "")), Error);
  assertThrows(() => render(`${document}\n<!-- generated: x -->\n<!-- end of x -->`), Error, "x");
});

Deno.test("every command, error and close code has its place in the document", () => {
  for (const type of Object.keys(COMMANDS)) assert(document.includes(`### \`${type}\`\n`), type);
  for (const code of ERROR_CODES) assert(document.includes(`| \`${code}\` | `), code);
  for (const code of Object.values(CLOSE)) assert(document.includes(`| ${code} | `), `${code}`);
});

Deno.test("every error code can be met: by a command, or when connecting", () => {
  const byCommands = new Set(Object.values(COMMAND_REFERENCE).flatMap(({ errors }) => errors));
  const alone = Object.keys(ERROR_REFERENCE).filter((code) => !byCommands.has(code as never));
  assertEquals(alone.sort(), [
    "bad_command",
    "bad_json",
    "busy",
    "internal",
    "name_taken",
    "rate_limited",
    "unauthorized",
    "unavailable",
    "unknown_type",
  ]);
});

Deno.test("the examples to paste into a console are JavaScript", () => {
  const blocks = [...document.matchAll(/```js\n([^]*?)```/g)].map(([, code]) => code ?? "");
  assert(blocks.length >= 2);
  for (const code of blocks) new Function(code);
});

Deno.test("links within the document lead somewhere", () => {
  const anchors = new Set(
    [...document.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
      (title ?? "").toLowerCase().replaceAll(/[^\p{L}\p{N} -]/gu, "").replaceAll(" ", "-")
    ),
  );
  for (const [, anchor] of document.matchAll(/\]\(#([^)]+)\)/g)) {
    assert(anchors.has(anchor!), anchor);
  }
});
