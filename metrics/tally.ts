import { Counter, type Registry } from "./exposition.ts";

/**
 * A counter by one label that costs a map's look-up per count: some are counted for every message.
 * It is handed over when it is read.
 */
export class Tally {
  readonly #counts = new Map<string, number>();

  constructor(
    registry: Registry,
    { name, help, label }: { readonly name: string; readonly help: string; readonly label: string },
  ) {
    const counts = this.#counts;
    new Counter({
      name,
      help,
      labelNames: [label],
      registers: [registry],
      collect() {
        this.reset();
        for (const [value, count] of counts) this.inc({ [label]: value }, count);
      },
    });
  }

  add(value: string, count = 1): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + count);
  }
}
