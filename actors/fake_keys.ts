import type { Clock } from "./clock.ts";
import type { SharedKeys } from "./shared_keys.ts";

/** What several nodes of a test share instead of Redis' keys. */
export class FakeKeyServer {
  readonly #keys = new Map<string, { value: string; endsMs: number }>();

  /** Redis starts again, empty. */
  forget(): void {
    this.#keys.clear();
  }

  /** As one node has it, by its clock; `up` says whether it can be asked. */
  connect(clock: Clock, up: () => boolean): SharedKeys {
    const asked = <T>(answer: () => T): Promise<T> =>
      up() ? Promise.resolve().then(answer) : Promise.reject(new Error("away"));
    const get = (key: string) => {
      const found = this.#keys.get(key);
      return found && found.endsMs > clock.monotonic() ? found.value : undefined;
    };
    const set = (key: string, value: string, forMs: number) =>
      void this.#keys.set(key, { value, endsMs: clock.monotonic() + forMs });
    return {
      get up() {
        return up();
      },
      claim: (key, owner, forMs) =>
        asked(() => {
          if ((get(key) ?? owner) !== owner) return false;
          set(key, owner, forMs);
          return true;
        }),
      release: (key, owner) =>
        asked(() => {
          if (get(key) === owner) this.#keys.delete(key);
        }),
      put: (key, value, forMs) => asked(() => set(key, value, forMs)),
      takeOut: (key) =>
        asked(() => {
          const value = get(key);
          this.#keys.delete(key);
          return value;
        }),
      close: () => Promise.resolve(),
    };
  }
}
