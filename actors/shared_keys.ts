/**
 * What nodes must agree on at once and can do without for a while: a few keys that live for
 * seconds, in one place that all of them ask. Every method rejects when the answer does not come
 * soon; nobody knows then whether it was done.
 */
export interface SharedKeys {
  /** Whether they can be asked now, as far as is known. */
  readonly up: boolean;
  /** Takes the key for this owner, or keeps it so long from now on. False: it is another's. */
  claim(key: string, owner: string, forMs: number): Promise<boolean>;
  /** Frees the key if it is this owner's. */
  release(key: string, owner: string): Promise<void>;
  /** Leaves something there for whoever takes it out first. */
  put(key: string, value: string, forMs: number): Promise<void>;
  /** Undefined: it was never there, is taken out already, or too old. */
  takeOut(key: string): Promise<string | undefined>;
  close(): Promise<void>;
}
