import { DEFAULT_LIMITS, PAGE_MAX } from "../protocol/limits.ts";
import { redisLocation } from "./redis_url.ts";
import { mayHoldPassword, storeLocation } from "./store_location.ts";
import {
  host,
  network,
  nodeName,
  oneOf,
  onOff,
  origin,
  type Parse,
  wholeNumber,
} from "./values.ts";

/** One option of the command line; parsing, errors and the help text all come from it. */
export interface Option<T> {
  /** How the value is called in the help. */
  readonly value: string;
  readonly about: string;
  readonly parse: Parse<T>;
  /** As it would be written, and parsed like any other. */
  readonly fallback?: string;
  /** May be given several times; in the environment as a list with commas. */
  readonly repeatable?: boolean;
  /** Whether what was given may hold a password: it is not repeated in an error then. */
  readonly secret?: (text: string) => boolean;
}

function option<T>(value: string, fallback: string, about: string, parse: Parse<T>) {
  return { value, fallback, about, parse };
}

/** What depends on the machine or on other options when nobody gives it. */
function derived<T>(value: string, about: string, parse: Parse<T>) {
  return { value, about, parse };
}

function list<T>(value: string, about: string, parse: Parse<T>) {
  return { value, about, parse, repeatable: true as const };
}

function secret<T>(value: string, about: string, parse: Parse<T>) {
  return { value, about, parse, secret: () => true };
}

/** Longest content an operator may allow: with its escapes, a frame of 400 KB. */
const MESSAGE_BYTES_MAX = 65_536;
/** Beyond it nothing is gained: RAM for idle peers is. */
const DEFAULT_MAX_CONNECTIONS = 10_000;

/** Keys become `--max-message` and `HUBBUB_MAX_MESSAGE`. In the order of the help text. */
export const OPTIONS = {
  host: option(
    "ADDRESS",
    "127.0.0.1",
    "where to listen; 0.0.0.0 or :: for the network",
    host,
  ),
  port: option("N", "8080", "port to listen on; 0 takes a free one", wholeNumber(0, 65_535)),
  store: {
    ...option(
      "WHERE",
      "sqlite:./data/hubbub.db",
      "sqlite:PATH, a file; mysql://…, a database; memory: forgets",
      storeLocation,
    ),
    secret: mayHoldPassword,
  },
  redis: secret(
    "URL",
    "redis[s]://HOST: one of several nodes on one store",
    redisLocation,
  ),
  node: derived("NAME", "how this node is called; otherwise the host and 4 digits", nodeName),
  durability: option(
    "normal|full",
    "normal",
    "full flushes each commit, to survive a power cut",
    oneOf("normal", "full"),
  ),
  transport: option(
    "auto|native|guarded",
    "auto",
    "guarded faces strangers; auto: native only on loopback",
    oneOf("auto", "native", "guarded"),
  ),
  origin: list("ORIGIN", "let pages of this web origin connect; the own one always may", origin),
  trustProxy: list("CIDR", "believe X-Forwarded-For when it comes from here", network),
  maxMessage: option(
    "BYTES",
    String(DEFAULT_LIMITS.messageBytes),
    "longest message",
    wholeNumber(1, MESSAGE_BYTES_MAX),
  ),
  history: option(
    "N",
    String(DEFAULT_LIMITS.joinHistory),
    "messages shown to who enters a room",
    wholeNumber(0, PAGE_MAX),
  ),
  rate: option(
    "N",
    String(DEFAULT_LIMITS.ratePerSecond),
    "commands a second and connection, a burst twice; 0: any",
    wholeNumber(0, 1_000_000),
  ),
  strangerLimit: option(
    "N",
    "3",
    "direct messages to who has not answered yet; 0: any",
    wholeNumber(0, 1_000_000),
  ),
  guests: option("on|off", "on", "let people in without an account", onOff),
  registration: option(
    "open|closed",
    "open",
    "whether people may make accounts",
    oneOf("open", "closed"),
  ),
  maxConnections: option(
    "N",
    String(DEFAULT_MAX_CONNECTIONS),
    "most connections; fewer where descriptors are few",
    wholeNumber(1, 10_000_000),
  ),
  maxPerAddress: derived(
    "N",
    "most of one address, 0: any; otherwise 256 if exposed",
    wholeNumber(0, 10_000_000),
  ),
  logLevel: option(
    "debug|info|warning|error",
    "info",
    "least severe events to log",
    oneOf("debug", "info", "warning", "error"),
  ),
  logFormat: option("text|json", "text", "one line per event, to stderr", oneOf("text", "json")),
} as const;

export type OptionKey = keyof typeof OPTIONS;

type ValueOf<O> = O extends { repeatable: true; parse: Parse<infer T> } ? readonly T[]
  : O extends { fallback: string; parse: Parse<infer T> } ? T
  : O extends { parse: Parse<infer T> } ? T | undefined
  : never;

export type OptionValues = { readonly [K in OptionKey]: ValueOf<typeof OPTIONS[K]> };

const kebab = (key: string) => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

export function flagOf(key: string): string {
  return `--${kebab(key)}`;
}

export function variableOf(key: string): string {
  return `HUBBUB_${kebab(key).replaceAll("-", "_").toUpperCase()}`;
}
