import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { join } from "node:path";
import { makeLivedIn } from "../../store/transfer/fake_store.ts";
import { connect, enter, say } from "./client.ts";
import { emptyFolder, type Program, run, start } from "./program.ts";

const POLL_MS = 2;

/** A folder with a used store in `data/hubbub.db`. */
export interface LivedIn extends AsyncDisposable {
  readonly path: string;
  /** Of an account and of a guest. */
  readonly tokens: readonly string[];
}

/** One with as many messages as are wanted; nothing serves it any more. */
export async function livedIn(messages: number): Promise<LivedIn> {
  const folder = await emptyFolder();
  await Deno.mkdir(join(folder.path, "data"));
  await makeLivedIn(join(folder.path, "data", "hubbub.db"), messages);
  await using program = await start(["--port", "0"], { cwd: folder.path });
  const address = await program.address();
  const account = await post(address, "accounts", { name: "Erin", password: "correct horse" });
  using guest = await enter(address, "Frank");
  await say(guest, "said before");
  const { token } = await guest.welcome;
  program.kill("SIGTERM");
  assertEquals((await program.ended).code, 0);
  return { ...folder, tokens: [account, String(token)] };
}

async function post(address: string, path: string, body: unknown): Promise<string> {
  const answer = await fetch(`${address}/api/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const { token, ...rest } = await answer.json();
  assert(answer.ok, JSON.stringify(rest));
  return token;
}

/** Nothing is wrong with the store, its history is there and its tokens are good. */
export async function served({ path, tokens }: LivedIn, store: string): Promise<void> {
  const checked = await run(["check", "--store", store], { cwd: path });
  assertEquals([checked.code, checked.stdout], [0, "Nothing to repair\n"], checked.stderr);
  await using program = await start(["--port", "0", "--store", store], { cwd: path });
  const address = await program.address();
  for (const [index, name] of ["Erin", "Frank"].entries()) {
    using client = connect(address, "", `bearer.${tokens[index]}`);
    assertEquals((await client.welcome)["user"], { name, guest: name === "Frank" });
    client.send({ type: "history", room: "lobby", limit: 1 });
    const { messages } = await client.next("history");
    const [last] = messages as { content: string; from: string }[];
    assertEquals([last?.content, last?.from], ["said before", "Frank"]);
  }
}

/** Bytes that were written to a database so far. */
export function size(path: string): number {
  let bytes = 0;
  for (const suffix of ["", "-wal"]) {
    try {
      bytes += Deno.statSync(path + suffix).size;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return bytes;
}

/** Also when the program ends before. */
export async function until(program: Program, isSo: () => boolean): Promise<void> {
  let ended = false;
  program.ended.then(() => ended = true);
  while (!ended && !isSo()) await delay(POLL_MS);
}
