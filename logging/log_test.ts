import {
  assert,
  assertEquals,
  assertFalse,
  assertLess,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { type LogFields, logger, type LogOptions, openLog } from "./log.ts";

function capture(options: Partial<LogOptions> = {}): string[] {
  const lines: string[] = [];
  openLog({ level: "info", format: "json", write: (line) => lines.push(line), ...options });
  return lines;
}

Deno.test("text is one line of time, level, part, event and fields", () => {
  const lines = capture({ format: "text" });
  logger("server").info("room opened", { room: "lobby", count: 3 });
  assertEquals(lines.length, 1);
  assertMatch(
    lines[0]!,
    /^time=\d{4}-\d\d-\d\dT[\d:.]+Z level=info logger=hubbub\.server msg="room opened" room=lobby count=3\n$/,
  );
});

Deno.test("JSON is one object a line with the same parts", () => {
  const lines = capture();
  logger("http").warning("refused", { status: 403, address: "192.0.2.1" });
  const { "@timestamp": time, ...rest } = JSON.parse(lines[0]!);
  assertMatch(time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assertEquals(rest, {
    level: "WARN",
    logger: "hubbub.http",
    message: "refused",
    status: 403,
    address: "192.0.2.1",
  });
});

Deno.test("nothing below the level is written", () => {
  const lines = capture({ level: "warning" });
  const log = logger("x");
  log.debug("a");
  log.info("b");
  log.warning("c");
  log.error("d");
  assertEquals(lines.map((line) => JSON.parse(line).message), ["c", "d"]);
});

const HOSTILE = [
  "a\r\ntime=2026-01-01T00:00:00Z level=error msg=forged",
  "\u001b[2J\u001b]0;title\u0007",
  "\u009b31m\u0000\u0008\u007f",
  "\u202euser\u2066\u2069\u200f\u061c",
  "zero\u200bwidth\u2060\ufeff\u00ad",
  "\u2028line\u2029paragraph",
  "half \ud800 and \udfff",
  'quote " and \\ and = and \\u202e',
];

for (const format of ["text", "json"] as const) {
  Deno.test(`hostile fields stay one clean line as ${format}`, () => {
    for (const text of HOSTILE) {
      const lines = capture({ format });
      logger("x").info("seen", { user: text, room: text, path: text, error: new Error(text) });
      assertEquals(lines.length, 1);
      const line = lines[0]!;
      assert(line.endsWith("\n"));
      assertFalse(
        // deno-lint-ignore no-control-regex -- control characters are what must not be there
        /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/
          .test(line.slice(0, -1)),
        JSON.stringify(line),
      );
      assert(line.isWellFormed());
      if (format === "json") assertEquals(JSON.parse(line).user, text);
      else assertFalse(/ level=error/.test(line.replace(/"(\\.|[^"\\])*"/g, "")), line);
    }
  });
}

Deno.test("a path is written without its query, where tickets and names would be", () => {
  const lines = capture();
  logger("http").info("request", { path: "/ws?ticket=secret&name=alice" });
  assertEquals(JSON.parse(lines[0]!).path, "/ws");
});

Deno.test("fields have a bound", () => {
  const lines = capture();
  logger("x").error("long", { user: "x".repeat(100_000), error: new Error("y".repeat(100_000)) });
  assertLess(lines[0]!.length, 5_000);
});

Deno.test("errors show name and message, and where they come from at level error only", () => {
  const lines = capture();
  const error = new RangeError("too far");
  logger("x").warning("w", { error });
  logger("x").error("e", { error });
  logger("x").error("thrown", { error: "a string" });
  const [warning, severe, thrown] = lines.map((line) => JSON.parse(line));
  assertEquals([warning.error, warning.stack], ["RangeError: too far", undefined]);
  assertStringIncludes(severe.stack, "log_test.ts");
  assertEquals(thrown.error, "a string");
});

Deno.test("there is no field for content, tokens or passwords", () => {
  type Forbidden =
    & keyof LogFields
    & ("content" | "message" | "token" | "ticket" | "password" | "cookie" | "url" | "query");
  // Does not compile once one of them is there.
  const none: [Forbidden] extends [never] ? true : Forbidden = true;
  assert(none);
});
