/** The part of a keyboard event that tells whether an input method is at work. */
export interface ComposingKey {
  readonly isComposing: boolean;
  readonly keyCode: number;
}

/** Safari sends the key that ends a composition after its end; it comes within this time. */
const AFTER_END_MS = 30;

/**
 * Whether a key press belongs to an input method (Chinese, Japanese, Korean …) and must not send
 * or complete anything. `isComposing` is not enough: some browsers say 229 (“process”) instead, and
 * some report the Enter that chose a word only after `compositionend`.
 */
export class Composing {
  #endedAt = -Infinity;

  constructor(private readonly now: () => number = () => performance.now()) {}

  ended(): void {
    this.#endedAt = this.now();
  }

  owns(key: ComposingKey): boolean {
    if (key.isComposing || key.keyCode === 229) return true;
    const isRightAfter = this.now() - this.#endedAt < AFTER_END_MS;
    this.#endedAt = -Infinity;
    return isRightAfter;
  }
}
