import { parseArgs } from "@std/cli/parse-args";
import manifest from "./deno.json" with { type: "json" };
import {
  flagOf,
  type Option,
  OPTIONS,
  type OptionValues,
  variableOf,
} from "./configuration/options.ts";
import { helpText } from "./configuration/help.ts";
import {
  type Command,
  type LastingStore,
  readCommand,
  SWITCH_NAMES,
  type Switches,
} from "./configuration/commands.ts";
import type { RedisLocation } from "./configuration/redis_url.ts";
import type { StoreLocation } from "./configuration/store_location.ts";
import { Expected, type Network, shown } from "./configuration/values.ts";
import type { Limits } from "./protocol/limits.ts";
import { chooseTransport } from "./transport/choose.ts";

export type { Command, LastingStore, Network, StoreLocation };

/** What an operator decided: the flags, else the environment, else the defaults. */
export interface Configuration {
  readonly command: Command;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly store: StoreLocation;
  /** Where nodes that share the store hear of each other. Undefined: there is only one. */
  readonly redis: RedisLocation | undefined;
  /** Undefined: after the host. */
  readonly node: string | undefined;
  readonly durability: "normal" | "full";
  readonly transport: "auto" | "native" | "guarded";
  /** Web origins that may connect besides the server's own. */
  readonly origins: readonly string[];
  /** Where `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly Network[];
  readonly limits: Limits;
  /** Direct messages to somebody who has not answered yet; 0: no limit. */
  readonly strangerLimit: number;
  readonly guests: boolean;
  readonly registration: "open" | "closed";
  /** Fewer where the process may open too few files. */
  readonly maxConnections: number;
  /** 0: no limit. */
  readonly maxPerAddress: number;
  readonly logLevel: "debug" | "info" | "warning" | "error";
  readonly logFormat: "text" | "json";
}

/** Nothing to run: print `text` (0: to stdout, 2: to stderr, one line) and exit. */
export interface Exit {
  readonly exit: 0 | 2;
  readonly text: string;
}

/** `Deno.env`, or a `Map` in tests. Asked by name only: the program may read no other variable. */
export interface Environment {
  get(name: string): string | undefined;
}

/** Connections of one address when others than this machine can connect. */
export const DEFAULT_MAX_PER_ADDRESS = 256;

export const VERSION: string = manifest.version;

/** Reads the command line. Pure: it looks at nothing but its arguments. */
export function parseConfiguration(
  args: readonly string[],
  env: Environment,
): Configuration | Exit {
  try {
    const { flags, words } = readFlags(args);
    if (flags["help"] === true) return { exit: 0, text: helpText() };
    if (flags["version"] === true) return { exit: 0, text: `hubbub ${VERSION}` };
    const switches = SWITCH_NAMES.map((name) => [name, flags[name] === true]);
    const command = readCommand(words, Object.fromEntries(switches) as Switches);
    return configure(command, readValues(flags, env));
  } catch (error) {
    if (!(error instanceof Expected)) throw error;
    return { exit: 2, text: `hubbub: ${error.message}; hubbub --help shows how` };
  }
}

function configure(command: Command, values: OptionValues): Configuration {
  const { origin, trustProxy, maxMessage, history, rate, maxPerAddress, ...same } = values;
  return {
    ...same,
    command,
    origins: origin,
    trustedProxies: trustProxy,
    limits: { messageBytes: maxMessage, joinHistory: history, ratePerSecond: rate },
    maxPerAddress: maxPerAddress ?? (isExposed(values) ? DEFAULT_MAX_PER_ADDRESS : 0),
  };
}

/** Whether others than this machine may connect: the rule that also picks the transport. */
function isExposed(values: OptionValues): boolean {
  const { host, origin, trustProxy } = values;
  const auto = { transport: "auto", hostname: host, origins: origin } as const;
  return chooseTransport({ ...auto, trustProxy: trustProxy.length > 0 }).kind === "guarded";
}

type Flags = Readonly<Record<string, unknown>>;

function readFlags(args: readonly string[]): { flags: Flags; words: readonly string[] } {
  const names = Object.keys(OPTIONS).map((key) => flagOf(key).slice(2));
  const { _: words, ...flags } = parseArgs(args, {
    string: ["_", ...names],
    collect: names,
    boolean: ["help", "version", ...SWITCH_NAMES],
    alias: { h: "help" },
    unknown(arg, key) {
      if (key !== undefined) throw new Expected(`there is no option ${shown(arg)}`);
      return true;
    },
  });
  return { flags, words: words.map(String) };
}

function readValues(flags: Flags, env: Environment): OptionValues {
  const entries = Object.entries(OPTIONS).map((
    [key, option],
  ) => [key, readValue(key, option, flags, env)]);
  // Each entry was made by the parser of its own option; the type cannot follow that.
  return Object.fromEntries(entries) as unknown as OptionValues;
}

function readValue(key: string, option: Option<unknown>, flags: Flags, env: Environment): unknown {
  const flag = flagOf(key);
  const given = flags[flag.slice(2)] as readonly string[] | undefined ?? [];
  // An empty variable counts as not set, as compose files and units write it.
  const variable = env.get(variableOf(key)) || undefined;
  const [source, texts] = given.length > 0 ? [flag, given] : variable !== undefined
    ? [
      variableOf(key),
      option.repeatable ? variable.split(",").map((each) => each.trim()) : [variable],
    ]
    : [flag, option.fallback === undefined ? [] : [option.fallback]];
  if (!option.repeatable && texts.length > 1) throw new Expected(`${flag} was given twice`);
  const values = texts.map((text) => parseValue(option, source, text));
  return option.repeatable ? values : values[0];
}

function parseValue(option: Option<unknown>, source: string, text: string): unknown {
  try {
    return option.parse(text);
  } catch (error) {
    if (!(error instanceof Expected)) throw error;
    const given = text === "" ? "nothing" : option.secret?.(text) ? "what was given" : shown(text);
    throw new Expected(`${source} takes ${error.message}, not ${given}`);
  }
}
