import {
  configureSync,
  getJsonLinesFormatter,
  getLogfmtFormatter,
  getLogger,
  type Sink,
} from "@logtape/logtape";
import { oneCleanLine } from "./clean.ts";

/**
 * The server's log: one event a line, as `logfmt` or JSON. What may stand in it is a closed list of
 * fields, so that no message body, token, password or query string can be written to it, not even
 * by mistake.
 */

/** Everything an event may say. Nothing here is what somebody wrote in a room, or a secret. */
export interface LogFields {
  /** An actor's name. */
  readonly actor?: string;
  /** A peer's address. */
  readonly address?: string;
  readonly bytes?: number;
  /** A close code of a WebSocket or the name of a refusal. */
  readonly code?: number | string;
  readonly count?: number;
  readonly durationMs?: number;
  /** Shown as its name and message, from level error also with its stack. */
  readonly error?: unknown;
  readonly host?: string;
  readonly lagMs?: number;
  readonly maxConnections?: number;
  /** Lines like this that were not written before it. */
  readonly leftOut?: number;
  readonly method?: string;
  /** Of a URL; what follows `?` is cut off. */
  readonly path?: string;
  readonly port?: number;
  /** The server's own words; never a client's. */
  readonly reason?: string;
  readonly restarts?: number;
  readonly room?: string;
  readonly seq?: number;
  readonly session?: string;
  readonly signal?: string;
  readonly status?: number;
  readonly store?: string;
  readonly transport?: string;
  readonly user?: string;
  readonly version?: string;
}

export type LogLevel = "debug" | "info" | "warning" | "error";

/** `event` is a constant of the program, in a few words: "room opened". */
export type LogEvent = (event: string, fields?: LogFields) => void;
export type Log = Readonly<Record<LogLevel, LogEvent>>;

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: "text" | "json";
  /** Takes whole lines with their newline, at once: the last line before a crash is not lost. */
  write(line: string): void;
}

const ROOT = "hubbub";

/** Starts logging. Called once, by the program; without it `logger` is silent, as in tests. */
export function openLog({ level, format, write }: LogOptions): void {
  const formatter = format === "json"
    ? getJsonLinesFormatter({ properties: "flatten", categorySeparator: "." })
    : getLogfmtFormatter();
  const lines: Sink = (record) => write(oneCleanLine(formatter(record)));
  configureSync({
    reset: true,
    sinks: { lines },
    loggers: [
      { category: ROOT, lowestLevel: level, sinks: ["lines"] },
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["lines"] },
    ],
  });
}

/** The log of one part of the server: "store", "transport". */
export function logger(part: string): Log {
  const target = getLogger([ROOT, part]);
  const at = (level: LogLevel): LogEvent => (event, fields = {}) => {
    if (target.isEnabledFor(level)) target[level](event, properties(level, fields));
  };
  return { debug: at("debug"), info: at("info"), warning: at("warning"), error: at("error") };
}

function properties(level: LogLevel, fields: LogFields): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (name === "error") Object.assign(shown, describe(value, level === "error"));
    else if (name === "path") shown[name] = bounded(String(value).split("?", 1)[0]!);
    else shown[name] = typeof value === "string" ? bounded(value) : value;
  }
  return shown;
}

function describe(error: unknown, withStack: boolean): { error: string; stack?: string } {
  const text = bounded(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  if (!withStack || !(error instanceof Error) || !error.stack) return { error: text };
  const frames = error.stack.split("\n").filter((line) => /^\s+at /.test(line));
  return {
    error: text,
    stack: frames.map((line) => line.trim()).slice(0, STACK_FRAMES_MAX).join(" < "),
  };
}

/** Longest text of a field, so that nobody fills the disk by a long name or a deep error. */
const FIELD_MAX_CHARS = 500;
const STACK_FRAMES_MAX = 12;

function bounded(text: string): string {
  return text.length > FIELD_MAX_CHARS ? `${text.slice(0, FIELD_MAX_CHARS)}…` : text;
}
