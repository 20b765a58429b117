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
  /** Others' messages above both marks. */
  readonly #known = new Set<number>();
  /** The unread ones that name me, as far as they were seen. */
  readonly #naming = new Set<number>();

  /** The read mark: everything up to this seq is read. */
  get read(): number {
    return this.#read;
  }

  get count(): number {
    return this.#counted + this.#known.size;
  }

  /** How many of those that were seen name me. */
  get mentions(): number {
    return this.#naming.size;
  }

  /** The server's word: of everything up to `seq`, `unread` messages come after `read`. */
  reset(read: number, seq: number, unread: number): void {
    // It may not have heard yet how far I have read; but a log that is shorter has begun anew.
    if (this.#read > read && this.#read <= seq) {
      if (this.#read === seq) unread = 0;
    } else this.#read = read;
    this.#countedTo = seq;
    this.#counted = unread;
    forgetUpTo(this.#known, Math.max(seq, this.#read));
    forgetUpTo(this.#naming, unread > 0 ? this.#read : seq);
  }

  /** Somebody else's message. */
  message(seq: number, namesMe: boolean): void {
    if (seq <= this.#read) return;
    if (namesMe && (seq > this.#countedTo || this.#counted > 0)) this.#naming.add(seq);
    if (seq > this.#countedTo) this.#known.add(seq);
  }

  /** Answers whether only the server knows the count now. */
  deleted(seq: number): boolean {
    this.#naming.delete(seq);
    return !this.#known.delete(seq) && seq > this.#read && this.#counted > 0;
  }

  /** The mark never goes back. Answers whether only the server knows the count now. */
  markRead(seq: number): boolean {
    if (seq <= this.#read) return false;
    this.#read = seq;
    forgetUpTo(this.#known, seq);
    forgetUpTo(this.#naming, seq);
    if (seq >= this.#countedTo) this.#counted = 0;
    return this.#counted > 0;
  }
}

function forgetUpTo(seqs: Set<number>, seq: number): void {
  for (const each of seqs) if (each <= seq) seqs.delete(each);
}
