import { delay } from "@std/async/delay";
import { PATIENCE_MS, until } from "../../../patience.ts";
import { descriptors, MIB, rssBytes } from "../vitals.ts";

/** What a server has taken. */
export interface Figures {
  readonly rssMiB: number;
  readonly heapMiB: number;
  readonly externalMiB: number;
  readonly descriptors: number;
  readonly connections: number;
  /** By kind. */
  readonly actors: Readonly<Record<string, number>>;
}

interface Measured {
  readonly http: string;
  readonly pid: number;
}

export async function figures(server: Measured): Promise<Figures> {
  const text = await (await fetch(`${server.http}/metrics`)).text();
  const value = (name: string) => Number(new RegExp(`^${name} (.+)$`, "m").exec(text)?.[1]);
  const actors = [...text.matchAll(/^hubbub_actors\{kind="([^"]+)"\} (\d+)$/gm)]
    .map(([, kind = "", count]) => [kind, Number(count)] as const);
  return {
    rssMiB: Math.round(rssBytes(server) / MIB),
    heapMiB: Math.round(value("hubbub_heap_used_bytes") / MIB),
    externalMiB: Math.round(value("hubbub_external_memory_bytes") / MIB),
    descriptors: descriptors(server),
    connections: value("hubbub_connections"),
    actors: Object.fromEntries(actors.filter(([, count]) => count > 0)),
  };
}

/**
 * When everybody has left: waits until the server has noticed, collects its garbage and looks.
 * `patienceMs`: how long rooms that nobody needs may take to be put away.
 */
export async function idleFigures(server: Measured, patienceMs: number): Promise<Figures> {
  const startMs = performance.now();
  await until("everybody to have gone", async () => {
    await delay(500);
    const { connections, actors } = await figures(server);
    const isOver = performance.now() - startMs > patienceMs;
    return connections === 0 && (actors["reader"] ?? 0) === 0 && (isOver || !actors["hub"]);
  }, patienceMs + PATIENCE_MS);
  // The second collection takes what the first has finalized.
  for (let collection = 0; collection < 3; collection++) {
    Deno.kill(server.pid, "SIGUSR2");
    await delay(1_000);
  }
  return await figures(server);
}

export function shown(figures: Figures): string {
  const { actors, ...rest } = figures;
  const kinds = Object.entries(actors).map(([kind, count]) => `${count} ${kind}`).join(", ");
  const { rssMiB, heapMiB, externalMiB } = rest;
  return `RSS ${rssMiB} MiB (heap ${heapMiB}, external ${externalMiB}), ${rest.descriptors} ` +
    `descriptors, ${rest.connections} connections, actors: ${kinds}`;
}
