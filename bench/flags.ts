/** What the command lines of the benches are read with. */

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
export async function lockMachine(cache: string): Promise<void> {
  await Deno.mkdir(cache, { recursive: true });
  const file = await Deno.open(`${cache}/lock`, { create: true, write: true });
  if (!await file.tryLock(true)) throw new Error("expected to run alone: another bench is running");
}
