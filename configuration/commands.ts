import { mayHoldPassword, type StoreLocation, storeLocation } from "./store_location.ts";
import { Expected, shown } from "./values.ts";

/** A store that outlives the process. */
export type LastingStore = Exclude<StoreLocation, { kind: "memory" }>;

/** What the program is to do. Names and paths are as they were written. */
export type Command =
  | { readonly kind: "start" }
  | { readonly kind: "check"; readonly repair: boolean }
  | { readonly kind: "admin"; readonly grant: boolean; readonly name: string }
  | { readonly kind: "backup"; readonly file: string }
  | { readonly kind: "rotate_secrets" }
  | {
    readonly kind: "migrate";
    /** "configured": the store that `--store` names. */
    readonly from: LastingStore | "configured";
    readonly to: LastingStore | "configured";
    readonly dryRun: boolean;
  };

/** Options without a value, each of one command. */
const SWITCHES = { repair: "check", "dry-run": "migrate" } as const;

export type Switches = { readonly [K in keyof typeof SWITCHES]: boolean };
export const SWITCH_NAMES = Object.keys(SWITCHES) as readonly (keyof Switches)[];

interface KnownCommand {
  readonly usage: string;
  /** Undefined: its words are not as `usage` says. */
  read(words: readonly string[], switches: Switches): Command | undefined;
}

const COMMANDS: ReadonlyMap<string, KnownCommand> = new Map<string, KnownCommand>([
  ["start", {
    usage: "start",
    read: (words) => words.length === 0 ? { kind: "start" } : undefined,
  }],
  ["check", {
    usage: "check [--repair]",
    read: (words, { repair }) => words.length === 0 ? { kind: "check", repair } : undefined,
  }],
  ["admin", {
    usage: "admin grant NAME or hubbub admin revoke NAME",
    read([verb, name, ...more]) {
      const grant = verb === "grant";
      if (!name || more.length > 0 || !(grant || verb === "revoke")) return undefined;
      return { kind: "admin", grant, name };
    },
  }],
  ["backup", {
    usage: "backup FILE",
    read: ([file, ...more]) => file && more.length === 0 ? { kind: "backup", file } : undefined,
  }],
  ["secrets", {
    usage: "secrets rotate",
    read: ([verb, ...more]) =>
      verb === "rotate" && more.length === 0 ? { kind: "rotate_secrets" } : undefined,
  }],
  ["migrate", {
    usage: "migrate FROM TO [--dry-run]",
    read([from, to, ...more], switches) {
      if (!from || !to || more.length > 0) return undefined;
      const dryRun = switches["dry-run"];
      return { kind: "migrate", from: end("FROM", from), to: end("TO", to), dryRun };
    },
  }],
]);

/** The command that the words beside the options are. */
export function readCommand(words: readonly string[], switches: Switches): Command {
  const [name = "start", ...rest] = words;
  for (const [each, owner] of Object.entries(SWITCHES)) {
    if (!switches[each as keyof Switches] || owner === name) continue;
    throw new Expected(`--${each} belongs to hubbub ${owner}`);
  }
  const known = COMMANDS.get(name);
  if (!known) {
    throw new Expected(
      `there is no command ${shown(name)}, only ${[...COMMANDS.keys()].join(", ")}`,
    );
  }
  const command = known.read(rest, switches);
  if (!command) throw new Expected(`it is hubbub ${known.usage}, not ${shown(words.join(" "))}`);
  return command;
}

/** One end of a migration. A command line can be seen by others: `-` keeps a password out of it. */
function end(word: string, text: string): LastingStore | "configured" {
  if (text === "-") return "configured";
  const given = mayHoldPassword(text) ? "what was given" : shown(text);
  try {
    const location = storeLocation(text);
    if (location.kind !== "memory") return location;
  } catch (error) {
    if (!(error instanceof Expected)) throw error;
    throw new Expected(`${word} takes ${error.message}, not ${given}`);
  }
  throw new Expected(`${word} takes a store that lasts, not ${given}`);
}
