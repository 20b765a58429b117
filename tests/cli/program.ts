import { deadline } from "@std/async/deadline";
import { join } from "node:path";
import { PATIENCE_MS } from "../patience.ts";

/** The program as an operator runs it: a process of its own, with the permissions of the task. */

export const ROOT = join(import.meta.dirname!, "..", "..");

/**
 * What `deno task start` runs, for a working directory elsewhere: the permissions are relative to
 * that, but for the files that are served.
 */
export async function startCommand(): Promise<string[]> {
  const manifest = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  const command: string = manifest.tasks.start.command;
  const [deno, run, ...rest] = command.replaceAll('"', "").split(" ");
  if (deno !== "deno" || run !== "run") throw new Error(`start runs ${command}, not deno run`);
  return [
    "run",
    `--config=${join(ROOT, "deno.json")}`,
    ...rest.map((word) =>
      word === "main.ts" ? join(ROOT, word) : word.replace(",static", `,${join(ROOT, "static")}`)
    ),
  ];
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Program extends AsyncDisposable {
  /** Where it listens; rejects when the program ends before it says so. */
  address(): Promise<string>;
  readonly ended: Promise<Ended>;
  isRunning(): boolean;
  /** What it has written to stderr so far. */
  stderr(): string;
  kill(signal: Deno.Signal): void;
}

export interface Run {
  /** The working directory; `data` in it is all that may be written. */
  readonly cwd: string;
  readonly env?: Record<string, string>;
  /** Leaves the processor to all others: who watches it, to end it at some point, is to be quicker. */
  readonly isWatched?: boolean;
  /** Root, too, may only do with a file what its mode says. */
  readonly obeysModes?: boolean;
}

/** Whom modes do not stop. */
const IS_ROOT = Deno.uid() === 0;
/** By them root would read and write what it may not. */
const OVERRIDES = "-dac_override,-dac_read_search";
const SETPRIV = ["setpriv", `--bounding-set=${OVERRIDES}`, `--inh-caps=${OVERRIDES}`];

/** Whether `obeysModes` can be kept here. */
export const CAN_OBEY_MODES = !IS_ROOT || isThere("setpriv");

function isThere(program: string): boolean {
  try {
    return new Deno.Command(program, { args: ["--version"], stdout: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

export async function start(
  args: readonly string[],
  { cwd, env = {}, isWatched = false, obeysModes = false }: Run,
): Promise<Program> {
  const [program = "", ...before] = [
    ...isWatched ? ["nice", "-n", "19"] : [],
    ...obeysModes && IS_ROOT ? SETPRIV : [],
    Deno.execPath(),
  ];
  const child = new Deno.Command(program, {
    args: [...before, ...await startCommand(), ...args],
    cwd,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const { promise: address, resolve, reject } = Promise.withResolvers<string>();
  address.catch(() => {});
  let errors = "";
  const outputs = Promise.all([
    text(child.stdout, (so) => {
      const found = /https?:\/\/[^\s/]+:\d+/.exec(so)?.[0];
      if (found !== undefined) resolve(found);
    }),
    text(child.stderr, (so) => errors = so),
  ]);
  const ended = Promise.all([child.status, outputs]).then(([{ code }, [stdout, stderr]]) => {
    reject(new Error(`it ended with ${code} and never listened: ${stdout}${stderr}`));
    return { code, stdout, stderr };
  });
  let running = true;
  ended.finally(() => running = false);
  const kill = (signal: Deno.Signal) => {
    if (running) child.kill(signal);
  };
  return {
    address: () => deadline(address, PATIENCE_MS),
    ended,
    isRunning: () => running,
    stderr: () => errors,
    kill,
    async [Symbol.asyncDispose]() {
      kill("SIGKILL");
      await ended;
    },
  };
}

/** Runs a command that ends by itself. */
export async function run(args: readonly string[], how: Run): Promise<Ended> {
  await using program = await start(args, how);
  return await deadline(program.ended, PATIENCE_MS);
}

async function text(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onText: (soFar: string) => void = () => {},
): Promise<string> {
  let all = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    all += chunk;
    onText(all);
  }
  return all;
}

/** An empty working directory that goes away with its contents. */
export async function emptyFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "hubbub_cli_" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
