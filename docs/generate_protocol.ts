import { COMMANDS } from "../protocol/commands.ts";
import { describeSchema, type SchemaLike } from "../protocol/describe.ts";
import { CLOSE, ERROR_CODES } from "../protocol/errors.ts";
import { LIVE_EVENTS, LOG_EVENTS, REPLIES, type ReplyType } from "../protocol/events.ts";
import { EXAMPLES } from "../protocol/examples.ts";
import * as limits from "../protocol/limits.ts";
import {
  ANY_COMMAND_ERRORS,
  CLOSE_REFERENCE,
  COMMAND_REFERENCE,
  ERROR_REFERENCE,
} from "./protocol_reference.ts";
import { rulesTable } from "./rules_table.ts";

/**
 * Fills what stands between `<!-- generated: x -->` and `<!-- end of x -->` in docs/protocol.md from
 * the schemas, limits and rules. `--check` writes nothing and exits with 1 when the document is
 * stale. Needs to read, and without `--check` to write, docs/protocol.md.
 */

const SECTIONS: Readonly<Record<string, () => string>> = {
  commands: () => entries(COMMANDS).map(command).join("\n\n"),
  replies: () => entries(REPLIES).map((each) => said("###", each, EXAMPLES.replies)).join("\n\n"),
  "log events": () =>
    entries(LOG_EVENTS).map((each) => said("####", each, EXAMPLES.logEvents)).join("\n\n"),
  "live events": () =>
    entries(LIVE_EVENTS).map((each) => said("####", each, EXAMPLES.liveEvents)).join("\n\n"),
  errors: () =>
    table(["code", "meaning"], ERROR_CODES.map((code) => [`\`${code}\``, ERROR_REFERENCE[code]])),
  "any command's errors": () => codes(ANY_COMMAND_ERRORS) + ".",
  "close codes": () =>
    table(
      ["code", "meaning", "the client should"],
      entries(CLOSE_REFERENCE).map(([name, meaning]) => [`${CLOSE[name]}`, ...meaning]),
    ),
  "announced limits": () =>
    table(["in `limits`", "default", "meaning"], [
      ["`message_bytes`", limits.DEFAULT_LIMITS.messageBytes, "Longest `content`, bytes of UTF-8"],
      ["`frame_bytes`", limits.maxFrameBytes(limits.DEFAULT_LIMITS), "Longest frame, in bytes"],
      ["`join_history`", limits.DEFAULT_LIMITS.joinHistory, "Messages a plain `join` begins with"],
      [
        "`rate_per_second`",
        limits.DEFAULT_LIMITS.ratePerSecond,
        `Commands a second on average, ${limits.RATE_BURST_FACTOR} times as many at once; 0: no limit`,
      ],
    ]),
  "fixed limits": () => table(["limit", "value"], FIXED_LIMITS),
  rules: rulesTable,
};

const FIXED_LIMITS: readonly (readonly [string, number])[] = [
  ["Characters of `id`", limits.ID_MAX_CHARS],
  ["Characters of `key`", limits.KEY_MAX_CHARS],
  ["Characters of a room's name", limits.ROOM_NAME_MAX_CHARS],
  ["Characters of a user's name", limits.USER_NAME_MAX_CHARS],
  ["Characters of a title", limits.TITLE_MAX_CHARS],
  ["Characters of a topic", limits.TOPIC_MAX_CHARS],
  ["Characters of an icon", limits.ICON_MAX_CHARS],
  ["Characters of an emoji", limits.EMOJI_MAX_CHARS],
  ["Characters of a reason", limits.REASON_MAX_CHARS],
  ["Characters of a search", limits.QUERY_MAX_CHARS],
  ["Users named in `create`", limits.INVITE_MAX_USERS],
  ["Longest `mute`, in seconds", limits.MUTE_MAX_SECONDS],
  ["Messages in a page of `history` or `search`, and of `join` with `history`", limits.PAGE_MAX],
  ["The same when no `limit` is given", limits.PAGE_DEFAULT],
  ["Events that `join` replays after `since`", limits.RESUME_MAX],
  ["Names listed in `joined.members` and in one `joined` or `left`", limits.NAMES_LISTED_MAX],
  ["Commands in a frame", limits.FRAME_COMMANDS_MAX],
  ["Levels of nesting in a line", limits.JSON_DEPTH_MAX],
  ["Values in a line", limits.JSON_VALUES_MAX],
];

type Cell = string | number;
type Entry<K extends string, V> = readonly [K, V];

function entries<K extends string, V>(of: Readonly<Record<K, V>>): Entry<K, V>[] {
  // Object.entries forgets the names of the keys.
  return Object.entries(of) as unknown as Entry<K, V>[];
}

function command([type, schema]: Entry<keyof typeof COMMANDS, SchemaLike>): string {
  const { reply, who, errors } = COMMAND_REFERENCE[type];
  const own = errors.length === 0 ? "only those of any command" : codes(errors);
  return [
    `### \`${type}\``,
    `${schema.description}. Reply: ${replyLink(reply, type)}.`,
    fields(schema, ["type", "id"]),
    `- Who: ${who}.\n- Errors: ${own}.`,
    json(EXAMPLES.commands[type]),
  ].filter((part) => part !== "").join("\n\n");
}

function replyLink(reply: ReplyType, type: string): string {
  const only = type === "typing" || type === "pong" ? ", only when it has an `id`" : "";
  return `\`${reply}\`${only}`;
}

function said<K extends string>(
  heading: string,
  [type, schema]: Entry<K, SchemaLike>,
  examples: Readonly<Record<K, unknown>>,
): string {
  return [
    `${heading} \`${type}\``,
    `${schema.description}.`,
    fields(schema, ["type", "re"]),
    json(examples[type]),
  ].filter((part) => part !== "").join("\n\n");
}

function fields(schema: SchemaLike, except: readonly string[]): string {
  const rows = fieldRows(schema, "", except);
  return rows.length === 0 ? "" : table(["field", "", "is", "meaning"], rows);
}

/** Fields of objects and of arrays of objects follow theirs, by their path. */
function fieldRows(schema: SchemaLike, path: string, except: readonly string[]): Cell[][] {
  return entries(schema.properties ?? {}).filter(([name]) => !except.includes(name))
    .flatMap(([name, field]) => {
      const optional = schema.required?.includes(name) ? "" : "optional";
      const row = [`\`${path}${name}\``, optional, kindOf(field), field.description ?? ""];
      if (isMessage(field) || (field.items && isMessage(field.items))) return [row];
      if (field.items?.properties) return [row, ...fieldRows(field.items, `${path}${name}[].`, [])];
      return [row, ...fieldRows(field, `${path}${name}.`, [])];
    });
}

function kindOf(field: SchemaLike): string {
  if (isMessage(field)) return "a `message`";
  if (field.items && isMessage(field.items)) {
    return field.items.properties?.id
      ? "an array of `message`s, each with an `id`"
      : "an array of `message`s";
  }
  if (field.patternProperties) return "an object";
  return describeSchema(field).replaceAll('"', "`");
}

function isMessage(schema: SchemaLike): boolean {
  return schema.properties?.type?.const === "message";
}

function codes(of: readonly string[]): string {
  return of.map((code) => `\`${code}\``).join(", ");
}

function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function json(value: unknown): string {
  return "```json\n" + JSON.stringify(value) + "\n```";
}

// The formatter would widen the tables.
const IGNORE_START = "<!-- deno-fmt-ignore-start -->";
const IGNORE_END = "<!-- deno-fmt-ignore-end -->";

/** The document with its generated parts made anew. Throws for a part that is unknown or missing. */
export function render(document: string): string {
  const missing = new Set(Object.keys(SECTIONS));
  const rendered = document.replaceAll(
    /(<!-- generated: (.+) -->)[^]*?(<!-- end of \2 -->)/g,
    (_, begin: string, name: string, end: string) => {
      const section = SECTIONS[name];
      if (section === undefined) throw new Error(`expected a part of ${[...missing]}, got ${name}`);
      missing.delete(name);
      return [begin, IGNORE_START, section(), IGNORE_END, end].join("\n\n");
    },
  );
  if (missing.size > 0) throw new Error(`expected a place for ${[...missing].join(", ")}`);
  return rendered;
}

export const DOCUMENT = new URL("./protocol.md", import.meta.url);

if (import.meta.main) {
  const document = await Deno.readTextFile(DOCUMENT);
  const rendered = render(document);
  if (!Deno.args.includes("--check")) await Deno.writeTextFile(DOCUMENT, rendered);
  else if (rendered !== document) {
    console.error("docs/protocol.md is stale: run deno task docs");
    Deno.exit(1);
  }
}
