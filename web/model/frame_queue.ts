import { batch } from "@preact/signals";

/** A page that is not shown, or no more, gets no frame; it still wants a title and a badge. */
const HIDDEN_FLUSH_MS = 250;

/**
 * Collects what arrives and hands it over once per animation frame, in one batch: however fast
 * messages come, the page is laid out once a frame.
 */
export class FrameQueue<T> {
  #items: T[] = [];
  #cancel: (() => void) | undefined;

  /** `settle` is called at the end of each batch, as a part of it. */
  constructor(
    private readonly handle: (item: T) => void,
    private readonly settle: () => void,
  ) {}

  push(item: T): void {
    this.#items.push(item);
    if (this.#cancel) return;
    const frame = requestAnimationFrame(() => this.flush());
    const timer = setTimeout(() => this.flush(), HIDDEN_FLUSH_MS);
    this.#cancel = () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }

  /** Hands everything over now. */
  flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const items = this.#items;
    this.#items = [];
    batch(() => {
      for (const item of items) this.handle(item);
      this.settle();
    });
  }
}
