import { openMemory } from "../store/memory.ts";
import type { Store } from "../store/store.ts";

/** The store in memory, with some of its methods replaced. */
export async function fakeStore(change: (store: Store) => Partial<Store>): Promise<Store> {
  const store = await openMemory();
  const changed = change(store);
  return new Proxy(store, {
    get(target, name: keyof Store) {
      const method = changed[name] ?? target[name];
      return typeof method === "function" ? method.bind(target) : method;
    },
  });
}

/** Holds back those who pass while it is closed, and lets them go in the order they came. */
export class Gate {
  readonly #waiting: (() => void)[] = [];
  #closed = false;

  get waiting(): number {
    return this.#waiting.length;
  }

  close(): void {
    this.#closed = true;
  }

  open(): void {
    this.#closed = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async pass<T>(value: T): Promise<T> {
    if (this.#closed) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return value;
  }
}
