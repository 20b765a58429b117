import { assert, assertEquals } from "@std/assert";
import { COMMANDS } from "./commands.ts";
import { ERROR_CODES } from "./errors.ts";
import { EXAMPLES } from "./examples.ts";
import { random } from "./fake_dice.ts";
import { decodeFrame } from "./json_codec.ts";
import { DEFAULT_LIMITS, FRAME_COMMANDS_MAX } from "./limits.ts";

/** HUBBUB_FUZZ_FRAMES=100000 for the full run, which takes a few seconds. */
const FRAMES = numberFromEnvironment("HUBBUB_FUZZ_FRAMES", 5_000);
const SEED = numberFromEnvironment("HUBBUB_FUZZ_SEED", 1);

function numberFromEnvironment(name: string, otherwise: number): number {
  const readable = Deno.permissions.querySync({ name: "env", variable: name }).state === "granted";
  return Number((readable ? Deno.env.get(name) : undefined) ?? otherwise);
}

const TOKENS = [
  '"',
  "\\",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "\n",
  "\0",
  "\ud800",
  "😀",
  "\\u0000",
  "\\ud800",
  "null",
  "true",
  "-1",
  "1e999",
  "9007199254740993",
  '"__proto__":',
  '"constructor"',
  "[".repeat(40),
  "中".repeat(2000),
];
const VALUES = [null, true, -1, 1.5, 1e300, "", "\0", "\ud800", "x".repeat(5000), [], {}, [[{}]]];

function mutate(frame: string, next: () => number): string {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)] as T;
  const at = Math.floor(next() * (frame.length + 1));
  const end = at + Math.floor(next() * 6);
  switch (Math.floor(next() * 6)) {
    case 0:
      return frame.slice(0, at) + frame.slice(end);
    case 1:
      return frame.slice(0, at) + pick(TOKENS) + frame.slice(at);
    case 2:
      return frame.slice(0, at) + String.fromCharCode(Math.floor(next() * 0x10000)) +
        frame.slice(at + 1);
    case 3:
      return frame.slice(0, end) + frame.slice(at);
    case 4: {
      const other = pick(FRAMES_TO_MUTATE);
      return frame.slice(0, at) + pick(["", "\n"]) + other.slice(Math.floor(next() * other.length));
    }
    default: {
      const field = pick(["type", "id", "room", "content", "seq", "user", "members", "kind"]);
      try {
        return JSON.stringify({ ...JSON.parse(frame), [field]: pick(VALUES) });
      } catch {
        return frame + pick(TOKENS);
      }
    }
  }
}

const FRAMES_TO_MUTATE = Object.values(EXAMPLES.commands).map((command) => JSON.stringify(command));
const CODES: ReadonlySet<string> = new Set(ERROR_CODES);

Deno.test(`${FRAMES} mutated frames each become commands or named errors (seed ${SEED})`, () => {
  const next = random(SEED);
  let commands = 0;
  let errors = 0;
  for (let count = 0; count < FRAMES; count++) {
    let frame = FRAMES_TO_MUTATE[count % FRAMES_TO_MUTATE.length] as string;
    for (let left = 1 + Math.floor(next() * 4); left > 0; left--) frame = mutate(frame, next);
    const decoded = decodeFrame(frame, DEFAULT_LIMITS);
    assert(decoded.length <= FRAME_COMMANDS_MAX + 1);
    for (const { command, error } of decoded) {
      if (error === undefined) {
        commands++;
        const properties = COMMANDS[command.type].properties;
        for (const field of Object.keys(command)) assert(Object.hasOwn(properties, field), field);
        assertEquals(Object.getPrototypeOf(command), Object.prototype);
      } else {
        errors++;
        assert(CODES.has(error.code) && error.message !== "" && !error.message.includes("\n"));
      }
    }
  }
  // The mutations are neither all harmless nor all fatal.
  assert(commands > FRAMES / 50, `${commands} commands`);
  assert(errors > FRAMES / 5, `${errors} errors`);
});
