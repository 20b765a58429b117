import { parseArgs } from "@std/cli/parse-args";
import { loadAverage } from "./report/machine.ts";
import { endAll } from "./server_process.ts";
import { cacheFolder } from "./versions.ts";

/** The command lines of the benches, and how each of them runs. */

/** What was given: texts, or undefined. */
export type Flags<Name extends string> = Readonly<Partial<Record<Name, unknown>>>;

export interface CommandLine<Name extends string> {
  readonly help: string;
  /** Each takes a value. */
  readonly options: readonly Name[];
}

/**
 * Runs a bench alone on the machine, and ends the process with all servers that it started.
 * `loadBefore` is what else the machine had to do.
 */
export async function runBench<Name extends string>(
  { help, options }: CommandLine<Name>,
  bench: (flags: Flags<Name>, loadBefore: number) => Promise<void>,
): Promise<never> {
  Deno.addSignalListener("SIGINT", () => {
    endAll();
    Deno.exit(130);
  });
  try {
    const flags: Record<string, unknown> = parseArgs(Deno.args, {
      string: options,
      boolean: ["help"],
      unknown: (argument) => {
        throw new Error(`expected --${options.join(", --")}, got ${argument}`);
      },
    });
    if (flags["help"]) {
      console.log(help);
    } else {
      await lockMachine(cacheFolder());
      await bench(flags as Flags<Name>, loadAverage());
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exitCode = 1;
  } finally {
    endAll();
  }
  Deno.exit();
}

/** The path that `--out` names, or this one; undefined: nothing is to be written. Makes its folder. */
export async function outPath(value: unknown, fallback: string): Promise<string | undefined> {
  const out = String(value ?? fallback);
  if (out === "none") return undefined;
  await Deno.mkdir(out.slice(0, out.lastIndexOf("/") + 1) || ".", { recursive: true });
  return out;
}

/** In the order of `known`; all of them when nothing is asked for. */
export function chosen<T>(value: unknown, known: readonly T[], name: (item: T) => string): T[] {
  if (value === undefined) return [...known];
  const wanted = value === "none" ? [] : String(value).split(",");
  const unknown = wanted.find((wanted) => !known.some((item) => name(item) === wanted));
  if (unknown !== undefined) {
    throw new Error(`expected some of ${known.map(name).join(", ")}, got ${unknown}`);
  }
  return known.filter((item) => wanted.includes(name(item)));
}

export function positive(value: unknown, fallback: number): number {
  const number = value === undefined ? fallback : Number(value);
  if (!(number > 0)) throw new Error(`expected a number above 0, got ${value}`);
  return number;
}

/** Two benches at once would measure each other. The system lets go of the lock at exit. */
async function lockMachine(cache: string): Promise<void> {
  await Deno.mkdir(cache, { recursive: true });
  const file = await Deno.open(`${cache}/lock`, { create: true, write: true });
  if (!await file.tryLock(true)) throw new Error("expected to run alone: another bench is running");
}
