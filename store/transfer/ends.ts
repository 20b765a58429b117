import type { Row } from "./rows.ts";
import type { Table } from "./tables.ts";

/** A store's rows, page by page in the order of their keys. */
export interface Rows {
  /** The store, as an error or a line of progress names it; without a password. */
  readonly name: string;
  count(table: Table): Promise<number>;
  /** Up to `limit` rows beyond the key `after`; fewer only at the end. */
  page(table: Table, after: Row | undefined, limit: number): Promise<readonly Row[]>;
  close(): Promise<void>;
}

/** A store as it is at one moment, however long the reading takes and whoever writes meanwhile. */
export type Source = Rows;

export type TargetState =
  | { readonly kind: "empty" }
  | { readonly kind: "used" }
  /** `from`: the name of the source that it is being filled from. */
  | { readonly kind: "unfinished"; readonly from: string };

/**
 * A store that is being filled, by this process alone. Until `finish` no server starts on it. How
 * far it is, its rows say: they come in the order of their keys, a page in one transaction.
 */
export interface Target extends Rows {
  /** The key of the last row that is there. */
  last(table: Table): Promise<Row | undefined>;
  /** Adds rows in one transaction. */
  add(table: Table, rows: readonly Row[]): Promise<void>;
  /** Takes rows away, by their keys, in one transaction. */
  remove(table: Table, keys: readonly Row[]): Promise<void>;
  /** Makes some of what is derived from the messages; answers about how many are left. */
  index(): Promise<number>;
  /** Forgets all that `index` did. */
  forgetIndex(): Promise<void>;
  /** Everything is on the disk, and from now on it is a store like any other. */
  finish(): Promise<void>;
}

/** Where a target is, before anything is done to it. */
export interface TargetPlace {
  readonly name: string;
  /** Looks, and neither makes nor changes anything. */
  state(): Promise<TargetState>;
  /**
   * Takes it away from all other processes and marks it as unfinished. Throws what `mayFill`
   * throws, and `StoreError`, `locked` when another process has it.
   */
  take(from: string): Promise<Target>;
}

export type TransferFailure =
  /** The target holds a store already. */
  | "target_used"
  /** The target is being filled from somewhere else. */
  | "other_source"
  /** Source and target are one. */
  | "same_store"
  /** The source is not there, is unfinished itself or of another version. */
  | "source"
  /** The source has something that no store gives back as it is. */
  | "unmovable"
  /** The target is not like the source. */
  | "differs"
  /** Somebody stopped it. */
  | "interrupted";

/** Why a transfer did not begin, or did not end well, in one line. */
export class TransferError extends Error {
  override readonly name = "TransferError";

  constructor(
    readonly failure: TransferFailure,
    message: string,
    /** What more there is to say, a line each. */
    readonly details: readonly string[] = [],
  ) {
    super(message);
  }
}

/** Throws unless the target may be filled from there: it is empty, or was being filled so. */
export function mayFill(target: string, state: TargetState, from: string): void {
  if (state.kind === "used") {
    throw new TransferError("target_used", `${target} holds a store already, it must be empty`);
  }
  if (state.kind === "unfinished" && state.from !== from) {
    throw new TransferError(
      "other_source",
      `${target} holds an unfinished migration from ${state.from}, not from ${from}`,
    );
  }
}

/** Throws unless a source has the schema that this program moves. */
export function requireNewest(source: string, version: number, newest: number): void {
  if (version >= newest) return;
  throw new TransferError(
    "source",
    `${source} has schema ${version}, this program moves ${newest}; hubbub check brings it up to date`,
  );
}
