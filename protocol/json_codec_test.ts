import {
  assert,
  assertEquals,
  assertFalse,
  assertLess,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import type { Command } from "./commands.ts";
import type { ErrorCode } from "./errors.ts";
import { EXAMPLES } from "./examples.ts";
import { type Decoded, decodeFrame, encode } from "./json_codec.ts";
import {
  DEFAULT_LIMITS,
  FRAME_COMMANDS_MAX,
  JSON_DEPTH_MAX,
  JSON_VALUES_MAX,
  maxFrameBytes,
} from "./limits.ts";

function decodeOne(text: string): Decoded {
  const decoded = decodeFrame(text, DEFAULT_LIMITS);
  assertEquals(decoded.length, 1, `one answer to ${text.slice(0, 60)}`);
  return decoded[0] as Decoded;
}

function decodeCommand(text: string): Command {
  const { command, error } = decodeOne(text);
  assert(command, error?.message);
  return command;
}

function assertRefused(text: string, code: ErrorCode, message: string, id?: string | number) {
  const decoded = decodeOne(text);
  assert(decoded.error, `expected ${code} for ${text.slice(0, 60)}`);
  assertEquals(decoded.error.code, code);
  assertStringIncludes(decoded.error.message, message);
  assertStrictEquals(decoded.id, id);
}

const say = (fields: Record<string, unknown>) =>
  JSON.stringify({ type: "message", id: 7, room: "lobby", content: "hello", ...fields });

Deno.test("every command decodes to what was sent", () => {
  for (const command of Object.values(EXAMPLES.commands)) {
    assertEquals(decodeCommand(JSON.stringify(command)), command);
  }
});

Deno.test("a frame carries many commands, one a line, and empty lines count for nothing", () => {
  const { join, message, ping } = EXAMPLES.commands;
  const lines = [join, message, ping].map((command) => JSON.stringify(command));
  const expected = [join, message, ping];
  const commands = (text: string) => decodeFrame(text, DEFAULT_LIMITS).map((d) => d.command);
  assertEquals(commands(lines.join("\n")), expected);
  assertEquals(commands("\n\n" + lines.join("\r\n \n\n") + "\n"), expected);
  for (const blank of ["", "\n", " ", "\r\n\t\n"]) assertEquals(commands(blank), []);
});

Deno.test("a bad line spoils neither the line before nor the one after", () => {
  const ping = JSON.stringify(EXAMPLES.commands.ping);
  const decoded = decodeFrame([ping, "nonsense", ping].join("\n"), DEFAULT_LIMITS);
  assertEquals(decoded.map((d) => d.error?.code ?? d.command?.type), ["ping", "bad_json", "ping"]);
});

Deno.test("what is no JSON object is bad_json", () => {
  for (
    const text of ["hello", "{", "{}{}", "{'type':'ping'}", "NaN", '{"type":"ping",}', "\u0000"]
  ) {
    assertRefused(text, "bad_json", "not JSON");
  }
  assertRefused("[]", "bad_json", "got an array of 0");
  assertRefused('[{"type":"ping"}]', "bad_json", "got an array of 1");
  assertRefused("null", "bad_json", "got null");
  assertRefused('"ping"', "bad_json", 'got "ping"');
  assertRefused("12", "bad_json", "got 12");
  assertRefused("true", "bad_json", "got true");
});

Deno.test("a type that is no command's is unknown_type, also one that every object has", () => {
  for (const type of ["", "Ping", "welcome", "__proto__", "constructor", "toString", "hasOwn"]) {
    assertRefused(JSON.stringify({ type, id: "a" }), "unknown_type", JSON.stringify(type), "a");
  }
  assertRefused(`{"__proto__":{"type":"ping"}}`, "bad_command", "type: expected a string");
  for (const type of [undefined, null, 3, ["ping"], {}]) {
    assertRefused(JSON.stringify({ type, id: 1 }), "bad_command", "type: expected a string", 1);
  }
});

Deno.test("bad_command says which field, what was expected and what came", () => {
  for (
    const [text, message] of [
      [say({ room: undefined }), "room: expected a string of 1 to 65 characters, got nothing"],
      [say({ room: 5 }), "room: expected a string of 1 to 65 characters, got 5"],
      [say({ room: "" }), 'room: expected a string of 1 to 65 characters, got ""'],
      [say({ room: "x".repeat(66) }), "got 66 characters"],
      [say({ content: "" }), "content: expected a string of at least 1 characters"],
      [say({ content: null }), "got null"],
      [say({ key: "k".repeat(65) }), "key: expected a string of 1 to 64 characters"],
      [say({ reply: 0 }), "reply: expected an integer, at least 1, got 0"],
      [say({ reply: 1.5 }), "got 1.5"],
      [say({ reply: 2 ** 53 }), "reply: expected an integer, at least 1, got 9007199254740992"],
      [
        `{"type":"create","id":7,"room":"x","kind":"direct"}`,
        'kind: expected one of "public", "group", got "direct"',
      ],
      [
        `{"type":"create","id":7,"room":"x","kind":"group","members":["a",{}]}`,
        "members/1: expected a string of 1 to 33 characters, got an object",
      ],
      [
        JSON.stringify({
          type: "create",
          id: 7,
          room: "x",
          kind: "group",
          members: new Array(101).fill("a"),
        }),
        "members: expected an array of at most 100, each a string of 1 to 33 characters, got an array of 101",
      ],
      [
        `{"type":"mute","id":7,"room":"x","user":"b","seconds":-1}`,
        "seconds: expected an integer, 0 to 31622400, got -1",
      ],
    ] as const
  ) {
    assertRefused(text, "bad_command", message, 7);
  }
});

Deno.test("an id that is valid comes back with the error, another does not", () => {
  for (const id of ["", "a", "😀".repeat(64), 0, -5, Number.MAX_SAFE_INTEGER]) {
    assertRefused(JSON.stringify({ type: "nonsense", id }), "unknown_type", "", id);
  }
  for (const id of ["x".repeat(65), 1.5, 2 ** 53, null, true, {}, ["a"], "a\0", "\ud800"]) {
    assertRefused(JSON.stringify({ type: "nonsense", id }), "unknown_type", "", undefined);
    assertRefused(JSON.stringify({ type: "ping", id }), "bad_command", "id: expected", undefined);
  }
});

Deno.test("unknown fields are not passed on, whatever they are called", () => {
  const text = `{"type":"ping","id":1,"__proto__":{"admin":true},"constructor":1,"extra":[{}]}`;
  const command = decodeCommand(text);
  assertEquals(Object.keys(command), ["type", "id"]);
  assertStrictEquals(Object.getPrototypeOf(command), Object.prototype);
  assertFalse("admin" in command);
});

Deno.test("names that objects have of themselves are plain text in a command", () => {
  const command = decodeCommand(
    say({ room: "__proto__", content: "constructor", key: "toString" }),
  );
  assertEquals(command, {
    type: "message",
    id: 7,
    room: "__proto__",
    content: "constructor",
    key: "toString",
  });
});

Deno.test("content over the limit is too_large, in bytes, for message and edit", () => {
  const max = DEFAULT_LIMITS.messageBytes;
  assertEquals(decodeCommand(say({ content: "x".repeat(max) })).type, "message");
  assertRefused(say({ content: "x".repeat(max + 1) }), "too_large", `at most ${max} bytes`, 7);
  const chinese = "中".repeat(Math.floor(max / 3) + 1);
  assertRefused(say({ content: chinese }), "too_large", `got ${chinese.length * 3}`, 7);
  assertRefused(say({ type: "edit", seq: 3, content: chinese }), "too_large", "content", 7);
});

Deno.test("the longest content fits the frame limit however it is escaped", () => {
  const content = "\x01".repeat(DEFAULT_LIMITS.messageBytes);
  const text = say({ content, key: "k".repeat(64) });
  assertLess(new TextEncoder().encode(text).length, maxFrameBytes(DEFAULT_LIMITS));
  assertEquals((decodeCommand(text) as { content: string }).content, content);
});

Deno.test("U+0000 and lone surrogates are refused in every field of text", () => {
  for (const bad of ["a\0b", "\ud800", "a\udfff"]) {
    assertRefused(say({ content: bad }), "bad_command", "content: expected text without", 7);
    assertRefused(say({ room: bad }), "bad_command", "room: expected text without", 7);
    assertRefused(say({ key: bad }), "bad_command", "key: expected text without", 7);
    const create = { type: "create", id: 7, room: "x", kind: "group", members: ["a", bad] };
    assertRefused(JSON.stringify(create), "bad_command", "members: expected text without", 7);
    // Nobody reads it.
    assertEquals(decodeCommand(say({ extra: bad })).type, "message");
  }
  assertRefused(`{"type":"search","query":"\ud800"}`, "bad_command", "query: expected text");
});

Deno.test("emoji, newlines and escapes come through as they are", () => {
  for (const content of ["😀 👨‍👩‍👧", "a\r\nb\tc", "\u2028", '"\\', "\u202etxt", String.raw`\u0000`]) {
    assertEquals((decodeCommand(say({ content })) as { content: string }).content, content);
  }
});

Deno.test("nesting is bounded, brackets within text are not nesting", () => {
  const nested = (levels: number) =>
    `{"type":"ping","x":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;
  assertEquals(decodeCommand(nested(JSON_DEPTH_MAX)).type, "ping");
  assertRefused(nested(JSON_DEPTH_MAX + 1), "bad_json", `at most ${JSON_DEPTH_MAX} levels`);
  for (const content of ["[{".repeat(500), '\\"[{'.repeat(200), "[]".repeat(999), "\\"]) {
    assertEquals((decodeCommand(say({ content })) as { content: string }).content, content);
  }
  // Side by side is not deep.
  assertEquals(decodeCommand(`{"type":"ping","x":[${"[],".repeat(99)}{}]}`).type, "ping");
});

Deno.test("commas within text are not values", () => {
  const content = ",".repeat(JSON_VALUES_MAX * 2);
  assertEquals((decodeCommand(say({ content })) as { content: string }).content, content);
});

Deno.test("a frame out of proportion is refused within 50 ms", () => {
  const many = (item: (at: number) => string) =>
    Array.from({ length: 60_000 }, (_, at) => item(at));
  for (
    const [what, text] of [
      ["arrays 30,000 deep", "[".repeat(30_000)],
      ["closed arrays 30,000 deep", "[".repeat(30_000) + "]".repeat(30_000)],
      ["objects 30,000 deep", '{"a":'.repeat(30_000)],
      ["60,000 keys", `{"type":"ping",${many((at) => `"k${at}":1`).join(",")}}`],
      ["60,000 numbers as keys", `{"type":"ping",${many((at) => `"${at * 7919}":1`).join(",")}}`],
      ["60,000 wrong members", `{"type":"create","members":[${many(() => "{}").join(",")}]}`],
    ] as const
  ) {
    // The best of many: other programs use this machine, too.
    let bestMs = Infinity;
    for (let round = 0; round < 40 && bestMs >= 50; round++) {
      const startMs = performance.now();
      assertRefused(text, "bad_json", "levels and");
      bestMs = Math.min(bestMs, performance.now() - startMs);
    }
    assertLess(bestMs, 50, what);
  }
});

Deno.test("after FRAME_COMMANDS_MAX commands the rest of a frame is one error", () => {
  const ping = JSON.stringify(EXAMPLES.commands.ping);
  const lines = (count: number) => new Array(count).fill(ping).join("\n\n");
  const full = decodeFrame(lines(FRAME_COMMANDS_MAX), DEFAULT_LIMITS);
  assertEquals(full.filter((d) => d.command).length, FRAME_COMMANDS_MAX);
  const over = decodeFrame(lines(FRAME_COMMANDS_MAX + 50), DEFAULT_LIMITS);
  assertEquals(over.length, FRAME_COMMANDS_MAX + 1);
  assertEquals(over.filter((d) => d.command).length, FRAME_COMMANDS_MAX);
  assertEquals(over.at(-1)?.error?.code, "bad_command");
});

Deno.test("encoding is JSON on one line, whatever people wrote", () => {
  const hostile = 'a"b\\c\nd\r\ne\u2028\0\ud800😀</script>';
  const { message } = EXAMPLES.logEvents;
  const { sent, error } = EXAMPLES.replies;
  const events = [
    ...Object.values(EXAMPLES.replies),
    ...Object.values(EXAMPLES.logEvents),
    ...Object.values(EXAMPLES.liveEvents),
    { ...message, room: hostile, from: hostile, content: hostile, key: hostile },
    { ...message, edited: 1, deleted: 2, reactions: { [hostile]: [hostile], "👍": ["a", "b"] } },
    { ...message, seq: 0, at: Number.MAX_SAFE_INTEGER, reply: 0 },
    { ...sent, re: hostile, room: hostile },
    { ...sent, re: -1, duplicate: true, online: false },
    { type: "sent" as const, room: "x", seq: 1, at: 0 },
    { ...error, message: hostile },
  ];
  for (const event of events) {
    const text = encode(event);
    assertFalse(/[\n\r]/.test(text), text);
    assertEquals(JSON.parse(text), JSON.parse(JSON.stringify(event)));
  }
});
