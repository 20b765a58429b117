/**
 * What is unread in one conversation, derived: the server's count up to a point, and after it the
 * messages themselves. Nothing is added up, so a repeated event cannot count twice.
 */
export class Unread {
  #read = 0;
  /** Up to this seq the server counted; above it each message is known. */
  #countedTo = 0;
  /** Unread ones up to `#countedTo`. */
  #counted = 0;
  /** Others' messages above both marks: seq, and whether it names me. */
  readonly #known = new Map<number, boolean>();

  /** The read mark: everything up to this seq is read. */
  get read(): number {
    return this.#read;
  }

  get count(): number {
    return this.#counted + this.#known.size;
  }

  /** How many of the known ones name me. */
  get mentions(): number {
    let count = 0;
    for (const namesMe of this.#known.values()) if (namesMe) count++;
    return count;
  }

  /** The server's word: of everything up to `seq`, `unread` messages come after `read`. */
  reset(read: number, seq: number, unread: number): void {
    this.#read = read;
    this.#countedTo = seq;
    this.#counted = unread;
    for (const known of this.#known.keys()) {
      if (known <= seq || known <= read) this.#known.delete(known);
    }
  }

  /** Somebody else's message. */
  message(seq: number, namesMe: boolean): void {
    if (seq > this.#read && seq > this.#countedTo) this.#known.set(seq, namesMe);
  }

  /** Answers whether only the server knows the count now. */
  deleted(seq: number): boolean {
    return !this.#known.delete(seq) && seq > this.#read && this.#counted > 0;
  }

  /** The mark never goes back. Answers whether only the server knows the count now. */
  markRead(seq: number): boolean {
    if (seq <= this.#read) return false;
    this.#read = seq;
    for (const known of this.#known.keys()) if (known <= seq) this.#known.delete(known);
    if (seq >= this.#countedTo) this.#counted = 0;
    return this.#counted > 0;
  }
}
