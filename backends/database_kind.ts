/** What makes a MariaDB another server than a MySQL. */
export interface DatabaseKind {
  readonly name: string;
  /** What has to be installed. */
  readonly programs: readonly string[];
  /** A part of the packet it begins with, and no other server. */
  readonly greeting: string;
  /** Makes the folder's `data`, with a `root` that needs no password. */
  install(folder: string): Promise<void>;
  /** The server over it, as far as the two differ. */
  command(folder: string): string[];
}

/**
 * A server that starts deletes what it finds in the folder for temporary tables: of two that share
 * one, the other misses a table under its hands, and dies of it with signal 11 now and then.
 */
export function filesOf(folder: string): string[] {
  return ["--no-defaults", `--datadir=${folder}/data`, `--tmpdir=${folder}/tmp`];
}

/** It refuses to run as root unless it is told so. */
export function asRoot(): string[] {
  return Deno.uid() === 0 ? ["--user=root"] : [];
}
