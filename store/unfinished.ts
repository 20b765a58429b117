import { StoreError } from "./store.ts";

/** The table that a store has while it is being filled from another: one row, the `source`. */
export const UNFINISHED = "unfinished_transfer";

/** What whoever would serve such a store is told. */
export function unfinished(store: string, from: string): StoreError {
  return new StoreError(
    "unfinished",
    `${store} holds an unfinished migration from ${from}; the same hubbub migrate finishes it`,
  );
}
