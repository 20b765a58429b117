import { setImmediate } from "node:timers";

/**
 * One macrotask for every mailbox that received something in this turn of the event loop. By then
 * all input that was ready has been read, so what a consumer finds is a real batch; idle, it is
 * woken at once (docs/performance.md, "Why batches").
 */
let due: (() => void)[] = [];

function atNextTurn(wake: () => void): void {
  if (due.push(wake) === 1) setImmediate(wakeAll);
}

function wakeAll(): void {
  const waking = due;
  due = [];
  for (const wake of waking) wake();
}

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
 * A bounded first-in-first-out queue with one consumer, an async iterable. Full or closed, it
 * refuses what is offered; what to do then is the sender's rule. Closing lets the consumer take
 * what is queued, then ends its loop.
 */
export class Mailbox<T> implements AsyncIterable<T> {
  #queue: T[] = [];
  #closed = false;
  #taken = 0;
  #consumed = false;
  #wake: (() => void) | undefined;
  #waitingForSpace: (() => void)[] = [];

  /**
   * @param bound most items that wait at a time; a whole number from 1.
   * @param onTurn told each time the consumer goes on with what it was handed, just before.
   */
  constructor(readonly bound: number, readonly onTurn?: () => void) {
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
    this.#announceSpace();
    return rest;
  }

  /** Refuses what comes from now on. Safe twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#wakeConsumer();
    this.#announceSpace();
  }

  /** Resolves when an offer may succeed again, or at once; also when the mailbox is closed. */
  space(): Promise<void> {
    if (this.#closed || this.#queue.length < this.bound) return Promise.resolve();
    return new Promise((resolve) => this.#waitingForSpace.push(resolve));
  }

  /**
   * Everything queued, as one array per turn of the event loop. The next batch is gathered while
   * the consumer works, and never handed out before the next macrotask.
   */
  batches(): AsyncIterableIterator<T[]> {
    this.#claim();
    return this.#iterate(() => this.drain(), atNextTurn);
  }

  /** One item at a time, without waiting for the turn to end. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    this.#claim();
    return this.#iterate(() => {
      const item = this.#queue.shift() as T;
      this.#taken++;
      this.#announceSpace();
      return item;
    }, (wake) => wake());
  }

  #iterate<R>(take: () => R, wakeWhen: (wake: () => void) => void): AsyncIterableIterator<R> {
    const iterator: AsyncIterableIterator<R> = {
      [Symbol.asyncIterator]: () => iterator,
      next: () =>
        new Promise<IteratorResult<R>>((resolve) => {
          const settle = () => {
            if (this.#queue.length > 0) resolve(this.#hand(take()));
            else if (this.#closed) resolve(this.#end());
            else this.#wake = onItem;
          };
          const onItem = () => {
            this.#wake = undefined;
            wakeWhen(settle);
          };
          if (this.#queue.length > 0) wakeWhen(settle);
          else settle();
        }),
      return: () => Promise.resolve(this.#end()),
    };
    return iterator;
  }

  #hand<R>(value: R): IteratorYieldResult<R> {
    return this.onTurn ? new Handed(value, this.onTurn) : { done: false, value };
  }

  #end(): { done: true; value: undefined } {
    this.#consumed = false;
    this.#wake = undefined;
    return { done: true, value: undefined };
  }

  #claim(): void {
    if (this.#consumed) throw new Error("a mailbox has one consumer; this one has its already");
    this.#consumed = true;
  }

  #wakeConsumer(): void {
    this.#wake?.();
  }

  #announceSpace(): void {
    if (this.#waitingForSpace.length === 0) return;
    const waiting = this.#waitingForSpace;
    this.#waitingForSpace = [];
    for (const resolve of waiting) resolve();
  }
}
