import { batch } from "@preact/signals";

/** Pages that are not shown get no frames; they still want a title and a badge. */
const HIDDEN_FLUSH_MS = 250;

/**
 * Collects what arrives and hands it over once per animation frame, in one batch: however fast
 * messages come, the page is laid out once a frame.
 */
export class FrameQueue<T> {
  #items: T[] = [];
  #scheduled = false;

  /** `settle` is called at the end of each batch, as a part of it. */
  constructor(
    private readonly handle: (item: T) => void,
    private readonly settle: () => void,
  ) {}

  push(item: T): void {
    this.#items.push(item);
    if (this.#scheduled) return;
    this.#scheduled = true;
    if (document.visibilityState === "visible") {
      requestAnimationFrame(() => this.flush());
    } else setTimeout(() => this.flush(), HIDDEN_FLUSH_MS);
  }

  /** Hands everything over now. */
  flush(): void {
    this.#scheduled = false;
    const items = this.#items;
    this.#items = [];
    batch(() => {
      for (const item of items) this.handle(item);
      this.settle();
    });
  }
}
