/**
 * Metrics in Prometheus' text format, version 0.0.4. Our own, and only what is used here: the usual
 * client library cannot be put into an executable by `deno compile` (docs/decisions.md, 23).
 */

/** For what is late: how long, in seconds. */
export const LAG_BUCKETS_S = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

type Labels = Readonly<Record<string, string>>;

interface Options<Self> {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
  readonly registers: readonly Registry[];
  /** Called with the metric as `this` each time it is read, to bring it up to date. */
  collect?(this: Self): void;
}

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  collect(): void;
  samples(): Iterable<string>;
}

/** All metrics of a program, in the order in which they were made. */
export class Registry {
  readonly contentType = "text/plain; version=0.0.4; charset=utf-8";
  readonly #metrics = new Map<string, Metric>();

  /** Throws when there is one of this name already. */
  register(metric: Metric): void {
    if (this.#metrics.has(metric.name)) throw new Error(`there are two metrics ${metric.name}`);
    this.#metrics.set(metric.name, metric);
  }

  counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: [this] });
  }

  histogram(name: string, help: string, buckets: readonly number[]): Histogram {
    return new Histogram({ name, help, buckets, registers: [this] });
  }

  /** `value` is asked each time it is read. */
  gauge(name: string, help: string, value: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this],
      collect() {
        this.set(value());
      },
    });
  }

  describe(): { name: string; help: string; type: string }[] {
    return [...this.#metrics.values()].map(({ name, help, type }) => ({ name, help, type }));
  }

  text(): string {
    const lines: string[] = [];
    for (const metric of this.#metrics.values()) metric.collect();
    for (const metric of this.#metrics.values()) {
      const { name, help, type } = metric;
      lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`);
      lines.push(...metric.samples());
    }
    return lines.join("\n") + "\n";
  }
}

/** One number for each set of labels. */
abstract class Numbers<Self> implements Metric {
  readonly name: string;
  readonly help: string;
  abstract readonly type: "counter" | "gauge";
  protected readonly values = new Map<string, number>();
  readonly #collect: ((this: Self) => void) | undefined;

  constructor(options: Options<Self>) {
    this.name = options.name;
    this.help = options.help;
    this.#collect = options.collect;
    // Without labels there is one number from the start.
    if (!options.labelNames?.length) this.values.set("", 0);
    for (const registry of options.registers) registry.register(this);
  }

  collect(): void {
    this.#collect?.call(this as unknown as Self);
  }

  reset(): void {
    for (const key of this.values.keys()) {
      if (key === "") this.values.set("", 0);
      else this.values.delete(key);
    }
  }

  *samples(): Iterable<string> {
    for (const [labels, value] of this.values) yield `${this.name}${labels} ${value}`;
  }
}

/** Only grows, but for a `reset`. */
export class Counter extends Numbers<Counter> {
  readonly type = "counter";

  inc(): void;
  inc(by: number): void;
  inc(labels: Labels, by: number): void;
  inc(first: Labels | number = 1, by = 1): void {
    const [key, amount] = typeof first === "number" ? ["", first] : [labelText(first), by];
    this.values.set(key, (this.values.get(key) ?? 0) + amount);
  }
}

export class Gauge extends Numbers<Gauge> {
  readonly type = "gauge";

  set(value: number): void;
  set(labels: Labels, value: number): void;
  set(first: Labels | number, value = 0): void {
    if (typeof first === "number") this.values.set("", first);
    else this.values.set(labelText(first), value);
  }
}

/** How many observations were at most so much, for each of the buckets. */
export class Histogram implements Metric {
  readonly type = "histogram";
  readonly name: string;
  readonly help: string;
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  /** @param options.buckets upper bounds, ascending, without infinity. */
  constructor(options: Options<Histogram> & { readonly buckets: readonly number[] }) {
    this.name = options.name;
    this.help = options.help;
    this.#bounds = options.buckets;
    this.#counts = Array(options.buckets.length + 1).fill(0);
    for (const registry of options.registers) registry.register(this);
  }

  observe(value: number): void {
    const found = this.#bounds.findIndex((bound) => value <= bound);
    const bucket = found < 0 ? this.#bounds.length : found;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
  }

  collect(): void {}

  *samples(): Iterable<string> {
    let count = 0;
    for (const [index, bound] of [...this.#bounds, "+Inf"].entries()) {
      count += this.#counts[index] ?? 0;
      yield `${this.name}_bucket{le="${bound}"} ${count}`;
    }
    yield `${this.name}_sum ${this.#sum}`;
    yield `${this.name}_count ${count}`;
  }
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return `{${pairs.join(",")}}`;
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
