import { Refusal } from "../../protocol/errors.ts";
import { StoreError, type StoreFailure } from "../store.ts";

/**
 * What the server and the client library say when something fails, by MySQL's error number or the
 * system's code. https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html,
 * https://mariadb.com/kb/en/mariadb-error-code-reference/
 */
const BY_NUMBER: ReadonlyMap<number, StoreFailure> = new Map<number, StoreFailure>([
  [1021, "full"], // ER_DISK_FULL
  [1030, "io"], // ER_GET_ERRNO, from the storage engine
  [1034, "corrupt"], // ER_NOT_KEYFILE
  [1040, "unreachable"], // ER_CON_COUNT_ERROR
  [1041, "unreachable"], // ER_OUT_OF_RESOURCES
  [1044, "unwritable"], // ER_DBACCESS_DENIED_ERROR
  [1045, "unwritable"], // ER_ACCESS_DENIED_ERROR
  [1049, "unwritable"], // ER_BAD_DB_ERROR
  [1053, "unreachable"], // ER_SERVER_SHUTDOWN
  [1114, "full"], // ER_RECORD_FILE_FULL
  [1129, "unreachable"], // ER_HOST_IS_BLOCKED
  [1130, "unwritable"], // ER_HOST_NOT_PRIVILEGED
  [1142, "unwritable"], // ER_TABLEACCESS_DENIED_ERROR
  [1203, "unreachable"], // ER_TOO_MANY_USER_CONNECTIONS
  [1205, "locked"], // ER_LOCK_WAIT_TIMEOUT
  [1213, "locked"], // ER_LOCK_DEADLOCK
  [1227, "unwritable"], // ER_SPECIFIC_ACCESS_DENIED_ERROR
  [1290, "unwritable"], // ER_OPTION_PREVENTS_STATEMENT: read only
  [1698, "unwritable"], // ER_ACCESS_DENIED_NO_PASSWORD_ERROR
  [1712, "corrupt"], // ER_INDEX_CORRUPT
  [1792, "unwritable"], // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
  [1836, "unwritable"], // ER_READ_ONLY_MODE
  [1877, "corrupt"], // ER_TABLE_CORRUPT
  [1927, "unreachable"], // ER_CONNECTION_KILLED
  [1969, "unreachable"], // ER_STATEMENT_TIMEOUT of MariaDB
  [3024, "unreachable"], // ER_QUERY_TIMEOUT
  [3159, "unwritable"], // ER_SECURE_TRANSPORT_REQUIRED
  [4031, "unreachable"], // ER_CLIENT_INTERACTION_TIMEOUT
]);

const ER_DUP_ENTRY = 1062;
const ER_BAD_NULL_ERROR = 1048;

interface ServerError extends Error {
  readonly errno?: unknown;
  readonly code?: unknown;
  readonly fatal?: unknown;
}

/** Leaves refusals and store errors as they are; everything else becomes a `StoreError`. */
export function asMysqlFailure(error: unknown, what: string): StoreError | Refusal {
  if (error instanceof StoreError || error instanceof Refusal) return error;
  const text = error instanceof Error ? error.message || codeOf(error) : String(error);
  const failure = failureOf(error);
  // It was tried again here for as long as anybody should wait.
  const last = failure === "locked" ? "unreachable" : failure;
  return new StoreError(last, `${what}: ${text}`, { cause: error });
}

export function failureOf(error: unknown): StoreFailure {
  if (error instanceof StoreError) return error.failure;
  if (!(error instanceof Error)) return "other";
  const { errno } = error as ServerError;
  const known = typeof errno === "number" ? BY_NUMBER.get(errno) : undefined;
  if (known !== undefined) return known;
  if (isUntrusted(error)) return "unwritable";
  return isLost(error) ? "unreachable" : "other";
}

/** Two writers made the same unique key at once: the one who was later will find it there. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof Error && (error as ServerError).errno === ER_DUP_ENTRY;
}

/** The fence of a transaction (database.ts) is all that ever writes NULL there. */
export function isShutOut(error: unknown): boolean {
  return error instanceof Error && (error as ServerError).errno === ER_BAD_NULL_ERROR &&
    error.message.includes("'done'");
}

/** A line that breaks in the middle of the handshake has the same code. */
function isUntrusted(error: Error): boolean {
  return codeOf(error) === "HANDSHAKE_SSL_ERROR" && /certificate|altname/i.test(error.message);
}

/** The connection is gone, and what the server made of the last statement is not known. */
export function isLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  return (error as ServerError).fatal === true || /^(PROTOCOL_|E[A-Z]+$)/.test(code);
}

function codeOf(error: Error): string {
  const { code } = error as ServerError;
  return typeof code === "string" ? code : "";
}
