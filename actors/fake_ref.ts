import type { Ending, Ref } from "./actor.ts";

/** An actor that does nothing but write down what it is told. */
export class FakeRef<M> implements Ref<M> {
  readonly told: M[] = [];
  /** Most messages it takes; as if nobody ever took them out. */
  bound = Infinity;
  readonly stopped: Promise<Ending>;
  readonly #end: (ending: Ending) => void;
  #alive = true;
  #waiting: { readonly message: M; readonly answer: (isTaken: boolean) => void }[] = [];

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
    for (const { message, answer } of this.#waiting.splice(0, this.bound)) {
      answer(this.tell(message));
    }
    return taken;
  }

  tellWhenFits(message: M): Promise<boolean> {
    if (this.tell(message) || !this.#alive) return Promise.resolve(this.#alive);
    return new Promise((answer) => this.#waiting.push({ message, answer }));
  }

  stop(): Promise<Ending> {
    this.#alive = false;
    for (const { answer } of this.#waiting.splice(0)) answer(false);
    this.#end({ kind: "stopped" });
    return this.stopped;
  }
}
