import { type Wake, wakeAtNextTurn, wakeWhenSettled } from "./phases.ts";

/** An iterator's answer. Its value is read when the consumer runs, later than it was resolved. */
class Handed<R> implements IteratorYieldResult<R> {
  readonly done = false;

  constructor(readonly item: R, readonly onTurn: () => void) {}

  get value(): R {
    this.onTurn();
    return this.item;
  }
}

/**
 * Where a mailbox's items come from: from the outside world, one by one as the event loop finds
 * them, or from those who work on what the outside brought.
 */
export type Source = "outside" | "inside";

/**
 * A bounded first-in-first-out queue with one consumer, an async iterable. Full or closed, it
 * refuses what is offered; what to do then is the sender's rule. Closing lets the consumer take
 * what is queued, then ends its loop. Long because the queue and the ways to consume it share what
 * nobody else may touch.
 */
export class Mailbox<T> implements AsyncIterable<T> {
  #queue: T[] = [];
  #closed = false;
  #taken = 0;
  #consumed = false;
  #wake: (() => void) | undefined;
  /** Offered while it was full, the first first. There are some only while it is. */
  #outside: { readonly item: T; readonly answer: (isTaken: boolean) => void }[] = [];

  /**
   * @param bound most items that wait at a time; a whole number from 1.
   * @param onTurn told each time the consumer goes on with what it was handed, just before.
   */
  constructor(
    readonly bound: number,
    readonly onTurn?: () => void,
    readonly source: Source = "inside",
  ) {
    if (!Number.isInteger(bound) || bound < 1) {
      throw new RangeError(`a mailbox bound is a whole number from 1, not ${bound}`);
    }
  }

  /** Items that wait. */
  get depth(): number {
    return this.#queue.length;
  }

  /** Items handed to the consumer so far. */
  get taken(): number {
    return this.#taken;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** True when the item was taken in; false when the mailbox is full or closed. */
  offer(item: T): boolean {
    if (this.#closed || this.#queue.length >= this.bound) return false;
    this.#queue.push(item);
    this.#wakeConsumer();
    return true;
  }

  /**
   * As `offer`, but waits for room: resolves to true once the item was taken in, to false when the
   * mailbox is closed before. Taken in the order in which they came: what is offered later, in
   * either way, comes after it.
   */
  offerWhenFits(item: T): Promise<boolean> {
    if (this.offer(item)) return Promise.resolve(true);
    if (this.#closed) return Promise.resolve(false);
    return new Promise((answer) => this.#outside.push({ item, answer }));
  }

  /**
   * Puts items back in front, oldest first: what a consumer that fails had taken and not handled.
   * They were admitted before, so the bound does not apply.
   */
  putBack(items: readonly T[]): void {
    if (items.length === 0) return;
    this.#queue = [...items, ...this.#queue];
    this.#taken -= items.length;
    this.#wakeConsumer();
  }

  /** Takes everything that waits, for a consumer that ends and has to account for it. */
  drain(): T[] {
    const rest = this.#queue;
    this.#queue = [];
    this.#taken += rest.length;
    this.#letIn();
    return rest;
  }

  /** Refuses what comes from now on, and what waits for room. Safe twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#wakeConsumer();
    for (const { answer } of this.#outside.splice(0)) answer(false);
  }

  /**
   * Everything queued, as one array per phase of a turn of the event loop. The next batch is
   * gathered while the consumer works.
   */
  batches(): AsyncIterableIterator<T[]> {
    return this.#iterate(() => this.drain(), this.#wakeLater);
  }

  /** One item at a time, without waiting for others. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return this.#iterate(() => {
      const item = this.#queue.shift() as T;
      this.#taken++;
      this.#letIn();
      return item;
    }, (wake) => wake());
  }

  /**
   * Calls `handle` with each batch, for consumers so brief that to resume an async loop would cost
   * as much as their work. While it answers a promise the next batch waits. Resolves when it
   * answers true ("done") or the mailbox has ended, rejects with what it throws.
   */
  each(handle: (batch: T[]) => boolean | Promise<boolean>): Promise<void> {
    this.#claim();
    return new Promise<void>((resolve, reject) => {
      const end = () => {
        this.#release();
        resolve();
      };
      const fail = (error: unknown) => {
        this.#release();
        reject(error);
      };
      const go = (isDone: boolean) => {
        if (isDone) end();
        else if (this.#queue.length > 0) this.#wakeLater(next);
        else if (this.#closed) end();
        else this.#wake = onItem;
      };
      const next = () => {
        if (this.#queue.length === 0) return go(false);
        this.onTurn?.();
        try {
          const answer = handle(this.drain());
          if (typeof answer === "boolean") go(answer);
          else answer.then(go, fail);
        } catch (error) {
          fail(error);
        }
      };
      const onItem = () => {
        this.#wake = undefined;
        this.#wakeLater(next);
      };
      go(false);
    });
  }

  get #wakeLater(): (wake: Wake) => void {
    return this.source === "outside" ? wakeAtNextTurn : wakeWhenSettled;
  }

  #iterate<R>(take: () => R, wakeLater: (wake: Wake) => void): AsyncIterableIterator<R> {
    this.#claim();
    let resolve: (result: IteratorResult<R>) => void;
    const answer = () => {
      if (this.#queue.length > 0) resolve(this.#hand(take()));
      else if (this.#closed) resolve(this.#end());
      else this.#wake = onItem;
    };
    const onItem = () => {
      this.#wake = undefined;
      wakeLater(answer);
    };
    const ask = (settle: (result: IteratorResult<R>) => void) => {
      resolve = settle;
      if (this.#queue.length > 0) wakeLater(answer);
      else answer();
    };
    const iterator: AsyncIterableIterator<R> = {
      [Symbol.asyncIterator]: () => iterator,
      next: () => new Promise<IteratorResult<R>>(ask),
      return: () => Promise.resolve(this.#end()),
    };
    return iterator;
  }

  #hand<R>(value: R): IteratorYieldResult<R> {
    return this.onTurn ? new Handed(value, this.onTurn) : { done: false, value };
  }

  #end(): { done: true; value: undefined } {
    this.#release();
    return { done: true, value: undefined };
  }

  #release(): void {
    this.#consumed = false;
    this.#wake = undefined;
  }

  #claim(): void {
    if (this.#consumed) throw new Error("a mailbox has one consumer; this one has its already");
    this.#consumed = true;
  }

  #wakeConsumer(): void {
    this.#wake?.();
  }

  #letIn(): void {
    if (this.#outside.length === 0) return;
    const room = Math.max(0, this.bound - this.#queue.length);
    for (const { item, answer } of this.#outside.splice(0, room)) {
      this.#queue.push(item);
      answer(true);
    }
  }
}
