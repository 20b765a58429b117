/** What the peers are made of. `install.ts` puts them there, the table names them. */

export const NPM_PACKAGES: Readonly<Record<string, string>> = {
  [`@oven/bun-linux-${Deno.build.arch === "aarch64" ? "aarch64" : "x64"}`]: "1.4.4",
  "ws": "8.23.0",
  "socket.io": "4.8.4",
};

/** Where peers are installed and built: nothing of it belongs to the repository. */
export function cacheFolder(): string {
  return Deno.env.get("HUBBUB_BENCH_CACHE") ??
    `${Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? "/tmp"}/.cache`}/hubbub-bench`;
}

export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** What a program prints, undefined when there is no such program or it fails. */
export async function ask(program: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(program, { args, stderr: "null" }).output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
