import { Expected, shown } from "./values.ts";

/** What the program is to do. Names and paths are as they were written. */
export type Command =
  | { readonly kind: "start" }
  | { readonly kind: "check"; readonly repair: boolean }
  | { readonly kind: "admin"; readonly grant: boolean; readonly name: string }
  | { readonly kind: "backup"; readonly file: string };

interface KnownCommand {
  readonly usage: string;
  /** Undefined: its words are not as `usage` says. */
  read(words: readonly string[], repair: boolean): Command | undefined;
}

const COMMANDS: ReadonlyMap<string, KnownCommand> = new Map<string, KnownCommand>([
  ["start", {
    usage: "start",
    read: (words) => words.length === 0 ? { kind: "start" } : undefined,
  }],
  ["check", {
    usage: "check [--repair]",
    read: (words, repair) => words.length === 0 ? { kind: "check", repair } : undefined,
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
]);

/** The command that the words beside the options are. */
export function readCommand(words: readonly string[], repair: boolean): Command {
  const [name = "start", ...rest] = words;
  if (repair && name !== "check") throw new Expected("--repair belongs to hubbub check");
  const known = COMMANDS.get(name);
  if (!known) {
    throw new Expected(
      `there is no command ${shown(name)}, only ${[...COMMANDS.keys()].join(", ")}`,
    );
  }
  const command = known.read(rest, repair);
  if (!command) throw new Expected(`it is hubbub ${known.usage}, not ${shown(words.join(" "))}`);
  return command;
}
