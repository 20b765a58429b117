/** Connections that the server ended, by what it said. */
export class Endings {
  readonly #counts = new Map<string, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(reason: string): void {
    this.#total++;
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }

  /** Says on stderr what ended and why; nothing when nothing did. */
  tell(): void {
    if (this.#total === 0) return;
    const reasons = [...this.#counts].map(([reason, count]) => `${count} × ${reason}`);
    console.error(`connections ended by the server: ${reasons.join(", ")}`);
  }
}
