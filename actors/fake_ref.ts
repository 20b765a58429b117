import type { Ending, Ref } from "./actor.ts";

/** An actor that does nothing but write down what it is told. */
export class FakeRef<M> implements Ref<M> {
  readonly told: M[] = [];
  /** Most messages it takes; as if nobody ever took them out. */
  bound = Infinity;
  readonly stopped: Promise<Ending>;
  readonly #end: (ending: Ending) => void;
  #alive = true;
  #waiting: (() => void)[] = [];

  constructor(readonly name = "fake") {
    const { promise, resolve } = Promise.withResolvers<Ending>();
    this.stopped = promise;
    this.#end = resolve;
  }

  get alive(): boolean {
    return this.#alive;
  }

  tell(message: M): boolean {
    if (!this.#alive || this.told.length >= this.bound) return false;
    this.told.push(message);
    return true;
  }

  ask<R>(): Promise<R> {
    throw new Error(`${this.name} answers nobody`);
  }

  /** Takes out what it was told, so that there is room again. */
  take(): M[] {
    const taken = this.told.splice(0);
    this.#announce();
    return taken;
  }

  space(): Promise<void> {
    if (!this.#alive || this.told.length < this.bound) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  stop(): Promise<Ending> {
    this.#alive = false;
    this.#announce();
    this.#end({ kind: "stopped" });
    return this.stopped;
  }

  #announce(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
