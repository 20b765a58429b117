/** Things the server did that no measurement wants, counted by what it said. */
export class Complaints {
  readonly #what: string;
  readonly #counts = new Map<string, number>();
  #total = 0;

  constructor(what: string) {
    this.#what = what;
  }

  get total(): number {
    return this.#total;
  }

  add(reason: string): void {
    this.#total++;
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }

  /** Says on stderr what there was; nothing when there was nothing. */
  tell(): void {
    if (this.#total === 0) return;
    const reasons = [...this.#counts].map(([reason, count]) => `${count} × ${reason}`);
    console.error(`${this.#what}: ${reasons.join(", ")}`);
  }
}
