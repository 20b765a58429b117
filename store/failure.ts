import { Refusal } from "../protocol/errors.ts";
import { StoreError, type StoreFailure } from "./store.ts";

/**
 * What SQLite says when it fails, as a `StoreError`. Primary result codes:
 * https://www.sqlite.org/rescode.html. `exec` of `node:sqlite` gives only the text, `prepare` and
 * statements also the (extended) code.
 */
const BY_CODE: ReadonlyMap<number, StoreFailure> = new Map([
  [3, "unwritable"], // SQLITE_PERM
  [5, "locked"], // SQLITE_BUSY
  [6, "locked"], // SQLITE_LOCKED
  [8, "unwritable"], // SQLITE_READONLY
  [10, "io"], // SQLITE_IOERR
  [11, "corrupt"], // SQLITE_CORRUPT
  [13, "full"], // SQLITE_FULL
  [14, "unwritable"], // SQLITE_CANTOPEN
  [23, "unwritable"], // SQLITE_AUTH
  [26, "corrupt"], // SQLITE_NOTADB
]);

/**
 * SQLITE_IOERR_SHMSIZE: no room for the index of the write-ahead log, which is made at the first
 * look into a database. SQLite calls that an I/O error.
 */
const NO_ROOM_FOR_INDEX = 4_874;

const BY_TEXT: readonly (readonly [RegExp, StoreFailure])[] = [
  [/database (table )?is locked/, "locked"],
  [/unable to open database|readonly database|permission denied/i, "unwritable"],
  [/database or disk is full|No space left/, "full"],
  [/disk I\/O error/, "io"],
  [/not a database|malformed/, "corrupt"],
];

/** Leaves refusals and store errors as they are; everything else becomes a `StoreError`. */
export function asStoreFailure(error: unknown, what: string): StoreError | Refusal {
  if (error instanceof StoreError || error instanceof Refusal) return error;
  const text = textOf(error);
  const failure = failureOf(error, text);
  return new StoreError(failure, `${what}: ${text}`, { cause: error });
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isFull = "errcode" in error && error.errcode === NO_ROOM_FOR_INDEX;
  return isFull ? "the disk is full" : error.message;
}

function failureOf(error: unknown, text: string): StoreFailure {
  if (error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.PermissionDenied) {
    return "unwritable";
  }
  if (error instanceof Error && "errcode" in error && typeof error.errcode === "number") {
    if (error.errcode === NO_ROOM_FOR_INDEX) return "full";
    return BY_CODE.get(error.errcode & 0xff) ?? "other";
  }
  return BY_TEXT.find(([pattern]) => pattern.test(text))?.[1] ?? "other";
}
