import { COMMANDS } from "./commands.ts";
import { LIVE_EVENTS, LOG_EVENTS, REPLIES } from "./events.ts";

export interface ProtocolSchema {
  readonly $schema: string;
  readonly title: string;
  readonly description: string;
  readonly $ref: string;
  readonly $defs: Readonly<Record<string, unknown>>;
}

/**
 * The whole wire as one JSON Schema (draft 2020-12, https://json-schema.org/draft/2020-12): one line
 * of a frame, in either direction. `$defs` has `Command`, `Reply` and `Event`, and each single one as
 * `command.join`, `reply.joined`, `event.message`. Plain data, a fresh copy at each call.
 */
export function protocolSchema(): ProtocolSchema {
  const groups = {
    Command: named("command", COMMANDS),
    Reply: named("reply", REPLIES),
    Event: named("event", { ...LOG_EVENTS, ...LIVE_EVENTS }),
  };
  const $defs: Record<string, unknown> = {
    Line: anyOf(Object.keys(groups), "One line of a frame"),
    Command: anyOf(Object.keys(groups.Command), "What a client may say"),
    Reply: anyOf(Object.keys(groups.Reply), "What answers a command, with its `id` as `re`"),
    Event: anyOf(Object.keys(groups.Event), "What the server says by itself"),
    ...groups.Command,
    ...groups.Reply,
    ...groups.Event,
  };
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Hubbub protocol",
    description:
      "JSON objects joined with newlines in WebSocket text frames, subprotocol hubbub.json",
    $ref: ref("Line"),
    // The copy drops what the schema library keeps on its objects besides JSON Schema.
    $defs: JSON.parse(JSON.stringify($defs)),
  };
}

function named(group: string, schemas: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(schemas).map(([type, schema]) => [`${group}.${type}`, schema]),
  );
}

function anyOf(names: readonly string[], description: string) {
  return { description, anyOf: names.map((name) => ({ $ref: ref(name) })) };
}

function ref(name: string): string {
  return `#/$defs/${name}`;
}
