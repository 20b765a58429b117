import { assert, assertEquals, assertFalse, assertInstanceOf } from "@std/assert";
import { Refusal } from "./errors.ts";
import { EXAMPLES } from "./examples.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { decodeText, textError, textGathered, textLines } from "./text_codec.ts";

const { message, member, room } = EXAMPLES.logEvents;
const said = { ...message, content: "hello" };

Deno.test("a text frame is one line: newlines become spaces, the ends are trimmed", () => {
  for (
    const [frame, content] of [
      ["hello", "hello"],
      ["  hello  \r\n", "hello"],
      ["a\nb", "a b"],
      ["a\r\nb", "a b"],
      ["a\rb", "a b"],
      ["a\n\nb\tc", "a  b\tc"],
    ] as const
  ) {
    assertEquals(decodeText(frame, DEFAULT_LIMITS), content);
  }
});

Deno.test("a blank text frame is nothing", () => {
  for (const frame of ["", " ", "\n", "\r\n\r\n", "\t \n"]) {
    assertEquals(decodeText(frame, DEFAULT_LIMITS), undefined);
  }
});

Deno.test("what looks like JSON or like a line of the server is text", () => {
  for (const frame of ['{"type":"leave","room":"lobby"}', "* Alice joined", "! busy: no", "/me"]) {
    assertEquals(decodeText(frame, DEFAULT_LIMITS), frame);
  }
});

Deno.test("a text frame that cannot be kept is refused by name", () => {
  for (
    const [frame, code] of [
      ["x".repeat(64 * 1024), "too_large"],
      ["中".repeat(1366), "too_large"],
      ["a\0b", "bad_command"],
      ["a\ud800", "bad_command"],
    ] as const
  ) {
    const refusal = decodeText(frame, DEFAULT_LIMITS);
    assertInstanceOf(refusal, Refusal);
    assertEquals(refusal.code, code);
  }
  assertEquals(decodeText("x".repeat(4096) + "\n", DEFAULT_LIMITS), "x".repeat(4096));
});

Deno.test("a named client reads who said it, unless the sender gave no name", () => {
  assertEquals(textLines({ ...said, from: "Alice" }, "text"), "Alice: hello");
  assertEquals(textLines({ ...said, from: "guest-7f3a" }, "text"), "hello");
});

Deno.test("a client without a name reads bare lines of content and nothing else", () => {
  assertEquals(textLines({ ...said, from: "Alice" }, "bare"), "hello");
  assertEquals(textLines({ ...said, from: "guest-7f3a" }, "bare"), "hello");
  for (const event of [...Object.values(EXAMPLES.logEvents), EXAMPLES.liveEvents.notice]) {
    if (event.type !== "message") assertEquals(textLines(event, "bare"), undefined, event.type);
  }
  assertEquals(textGathered("joined", ["Alice"], "bare"), undefined);
});

Deno.test("a deleted message is no line", () => {
  for (const view of ["text", "bare"] as const) {
    assertEquals(textLines({ ...said, content: "", deleted: 1 }, view), undefined);
  }
});

Deno.test("the coming and going of named people is a line each", () => {
  assertEquals(textGathered("joined", ["Alice"], "text"), "* Alice joined");
  assertEquals(
    textGathered("left", ["Alice", "guest-7f3a", "Bob"], "text"),
    "* Alice left\n* Bob left",
  );
  assertEquals(textGathered("joined", ["guest-7f3a"], "text"), undefined);
});

Deno.test("a named client reads what changed", () => {
  const { edited, deleted, reacted } = EXAMPLES.logEvents;
  assertEquals(textLines(edited, "text"), "* alice edited: Good evening!");
  assertEquals(textLines(deleted, "text"), "* alice deleted a message");
  assertEquals(textLines(reacted, "text"), undefined);
  assertEquals(
    textLines(EXAMPLES.liveEvents.notice, "text"),
    "* The server restarts in a minute.",
  );
  assertEquals(textLines(room, "text"), "* alice changed the room, topic: Release on Friday");
  assertEquals(textLines({ ...room, dissolved: true }, "text"), "* alice dissolved the room");
  assertEquals(textLines({ ...room, created: true }, "text"), "* alice made the room");
  for (
    const [change, line] of [
      ["joined", "* dave is a member now"],
      ["invited", "* alice invited dave"],
      ["left", "* dave is no longer a member"],
      ["kicked", "* alice kicked dave (wrong team)"],
      ["banned", "* alice banned dave (wrong team)"],
      ["unmuted", "* alice unmuted dave"],
      ["role", "* alice made dave moderator"],
    ] as const
  ) {
    const { reason: _, ...rest } = member;
    const event = change === "kicked" || change === "banned" ? member : rest;
    assertEquals(textLines({ ...event, change, role: "moderator" }, "text"), line);
  }
});

Deno.test("an error is a line for whoever caused it", () => {
  assertEquals(textError(new Refusal("busy", "try\nagain")), "! busy: try again");
});

Deno.test("nothing that people wrote makes a second line or steers a terminal", () => {
  const hostile = "a\nb\r\nc\rd\u2028e\x85f\x1b[2Jg\x07\x9b1m\th\0";
  const clean = "a b c d e f\ufffd[2Jg\ufffd\ufffd1m\th\ufffd";
  assertEquals(textLines({ ...said, content: hostile }, "bare"), clean);
  for (
    const line of [
      textLines({ ...said, content: hostile }, "text"),
      textLines({ ...EXAMPLES.logEvents.edited, content: hostile }, "text"),
      textLines({ ...room, title: hostile }, "text"),
      textLines({ ...member, reason: hostile }, "text"),
      textLines({ type: "notice", content: hostile }, "text"),
      textError(new Refusal("bad_name", hostile)),
    ]
  ) {
    assert(line !== undefined && line.includes(clean), line);
    // deno-lint-ignore no-control-regex -- control characters are what must not be there
    assertFalse(/[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]/.test(line));
  }
});
