class MemoryStorage implements Storage {
  readonly #items = new Map<string, string>();
  get length(): number {
    return this.#items.size;
  }
  key(index: number): string | null {
    return [...this.#items.keys()][index] ?? null;
  }
  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.#items.set(key, value);
  }
  removeItem(key: string): void {
    this.#items.delete(key);
  }
  clear(): void {
    this.#items.clear();
  }
}

/**
 * localStorage where the browser allows it; otherwise a map that lives as long as the page. Any
 * page that a browser keeps from storing still works, it only forgets.
 */
export const storage: Storage = open();

function open(): Storage {
  try {
    const probe = "hubbub:probe";
    localStorage.setItem(probe, probe);
    localStorage.removeItem(probe);
    return localStorage;
  } catch {
    return new MemoryStorage();
  }
}

/** Reads what `write` wrote; the fallback when there is nothing or something else. */
export function read<T>(key: string, isValid: (value: unknown) => value is T, fallback: T): T {
  try {
    const text = storage.getItem(key);
    const value: unknown = text === null ? undefined : JSON.parse(text);
    return isValid(value) ? value : fallback;
  } catch {
    return fallback;
  }
}

/** Side effect: other tabs get a `storage` event. */
export function write(key: string, value: unknown): void {
  try {
    if (value === undefined) storage.removeItem(key);
    else storage.setItem(key, JSON.stringify(value));
  } catch {
    // Full: what did not fit is only forgotten at the next visit.
  }
}

/** How the names of everything begin that is kept for a user. */
export const prefixOf = (user: string) => `hubbub:of:${user}:`;

/** Forgets what was kept for a user: who logs out leaves nothing for whoever comes next. */
export function forgetUser(user: string): void {
  const names = Array.from({ length: storage.length }, (_, index) => storage.key(index));
  for (const name of names) if (name?.startsWith(prefixOf(user))) write(name, undefined);
}

/** Who this browser was at the last visit: saves asking before connecting. */
export const USER_KEY = "hubbub:user";
export const isName = (value: unknown): value is string =>
  typeof value === "string" && value !== "";
