import { Compile } from "typebox/compile";
import { type Command, type CommandId, COMMANDS, ID } from "./commands.ts";
import { isPlainText, NOT_PLAIN, refuseContent } from "./content.ts";
import { describeSchema, describeValue, type SchemaLike } from "./describe.ts";
import { Refusal } from "./errors.ts";
import type { ReplyOf, ServerEvent, WireMessage } from "./events.ts";
import { FRAME_COMMANDS_MAX, JSON_DEPTH_MAX, JSON_VALUES_MAX, type Limits } from "./limits.ts";
import { isOutOfProportion } from "./proportion.ts";

/** One line of a frame: a checked command, or why it is none and the `id` its error answers. */
export type Decoded =
  | { readonly command: Command; readonly error?: undefined }
  | { readonly command?: undefined; readonly error: Refusal; readonly id: CommandId };

interface Known {
  readonly schema: SchemaLike;
  readonly fields: ReadonlySet<string>;
  check(value: unknown): boolean;
  /** Where the first fault is: a path such as `members/1`, without slash at its start. */
  fault(value: unknown): string;
}

type Fields = Record<string, unknown>;

const BRACE = 0x7b;

// A Map, not an object: `__proto__` and `constructor` are types that nobody knows.
const KNOWN: ReadonlyMap<unknown, Known> = new Map(
  Object.entries(COMMANDS).map(([type, schema]) => {
    const compiled = Compile(schema);
    return [
      type,
      {
        schema: schema as SchemaLike,
        fields: new Set(Object.keys(schema.properties)),
        check: (value) => compiled.Check(value),
        fault(value) {
          const first = compiled.Errors(value)[0];
          if (first === undefined) return "";
          return first.keyword === "required"
            ? first.params.requiredProperties[0] ?? ""
            : first.instancePath.slice(1);
        },
      } satisfies Known,
    ];
  }),
);
const idCheck = Compile(ID);

/**
 * The commands of a text frame: JSON objects, one a line, empty lines skipped. Never throws.
 * After FRAME_COMMANDS_MAX lines the rest of the frame is answered by a single error.
 */
export function decodeFrame(text: string, limits: Limits): Decoded[] {
  if (!text.includes("\n")) {
    return isBlank(text) ? [] : [decodeLine(text, limits)];
  }
  const decoded: Decoded[] = [];
  let start = 0;
  while (start < text.length) {
    let end = text.indexOf("\n", start);
    if (end < 0) end = text.length;
    const line = text.slice(start, end);
    start = end + 1;
    if (isBlank(line)) continue;
    if (decoded.length === FRAME_COMMANDS_MAX) {
      decoded.push(refused(
        "bad_command",
        `expected at most ${FRAME_COMMANDS_MAX} commands in a frame; the rest was not read`,
      ));
      break;
    }
    decoded.push(decodeLine(line, limits));
  }
  return decoded;
}

function isBlank(line: string): boolean {
  return line.charCodeAt(0) !== BRACE && line.trim() === "";
}

function decodeLine(line: string, limits: Limits): Decoded {
  if (isOutOfProportion(line)) {
    return refused(
      "bad_json",
      `expected at most ${JSON_DEPTH_MAX} levels and ${JSON_VALUES_MAX} values, got more`,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return refused("bad_json", "expected one JSON object a line, got something that is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refused("bad_json", `expected a JSON object, got ${describeValue(value)}`);
  }
  const fields = value as Fields;
  const known = KNOWN.get(fields.type);
  if (known === undefined) {
    return typeof fields.type === "string"
      ? refused("unknown_type", `type: no command is called ${describeValue(fields.type)}`, fields)
      : refused(
        "bad_command",
        `type: expected a string, got ${describeValue(fields.type)}`,
        fields,
      );
  }
  if (!known.check(fields)) return refused("bad_command", explain(known, fields), fields);

  const command = withoutUnknown(fields, known.fields);
  // Only an escape (or a caller's broken string) can bring in what isPlainText refuses.
  if (line.includes("\\u") || !line.isWellFormed()) {
    for (const name of known.fields) {
      if (!isPlain(command[name])) {
        return refused("bad_command", `${name}: ${NOT_PLAIN}`, fields);
      }
    }
  }
  const content = command.content;
  if (typeof content === "string") {
    const error = refuseContent(content, limits);
    if (error !== undefined) return { error, id: validId(fields) };
  }
  // The compiled check of the schema behind this very type has just passed.
  return { command: command as Command };
}

/** The same object when it holds nothing else, which saves half of what decoding costs. */
function withoutUnknown(fields: Fields, names: ReadonlySet<string>): Fields {
  for (const name in fields) {
    if (!names.has(name)) {
      return Object.fromEntries(Object.entries(fields).filter(([name]) => names.has(name)));
    }
  }
  return fields;
}

function isPlain(value: unknown): boolean {
  if (typeof value === "string") return isPlainText(value);
  return Array.isArray(value) ? value.every(isPlain) : true;
}

function refused(code: "bad_json" | "bad_command" | "unknown_type", message: string, of?: Fields) {
  return { error: new Refusal(code, message), id: of && validId(of) };
}

function validId(fields: Fields): CommandId {
  const id = fields.id;
  return idCheck.Check(id) && isPlain(id) ? id : undefined;
}

/** "room: expected a string of 1 to 64 characters, got 7". */
function explain(known: Known, fields: Fields): string {
  const path = known.fault(fields);
  let schema: SchemaLike | undefined = known.schema;
  let value: unknown = fields;
  for (const step of path.split("/")) {
    schema = schema?.properties?.[step] ?? schema?.items;
    value = (value as Fields | undefined)?.[step];
  }
  return `${path}: expected ${describeSchema(schema ?? {})}, got ${describeValue(value)}`;
}

/**
 * One line of JSON; JSON escapes newlines, so it holds no raw one. The two events of the hot path
 * are put together by hand: a third faster for `message`, a tenth for `sent`, joined and as UTF-8.
 */
export function encode(event: ServerEvent): string {
  switch (event.type) {
    case "message":
      return encodeMessage(event);
    case "sent":
      return encodeSent(event);
    default:
      return JSON.stringify(event);
  }
}

const quote: (text: string) => string = JSON.stringify;

function encodeMessage(event: WireMessage): string {
  let json = '{"type":"message","room":' + quote(event.room) + ',"seq":' + event.seq +
    ',"from":' + quote(event.from) + ',"content":' + quote(event.content) + ',"at":' + event.at;
  if (event.key !== undefined) json += ',"key":' + quote(event.key);
  if (event.reply !== undefined) json += ',"reply":' + event.reply;
  if (event.edited !== undefined) json += ',"edited":' + event.edited;
  if (event.deleted !== undefined) json += ',"deleted":' + event.deleted;
  if (event.reactions !== undefined) json += ',"reactions":' + JSON.stringify(event.reactions);
  return json + "}";
}

function encodeSent(reply: ReplyOf<"sent">): string {
  let json = '{"type":"sent"';
  if (reply.re !== undefined) json += ',"re":' + JSON.stringify(reply.re);
  json += ',"room":' + quote(reply.room) + ',"seq":' + reply.seq + ',"at":' + reply.at;
  if (reply.duplicate !== undefined) json += ',"duplicate":' + reply.duplicate;
  if (reply.online !== undefined) json += ',"online":' + reply.online;
  return json + "}";
}
