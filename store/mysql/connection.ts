import { type Connection as Raw, createConnection } from "mysql2";
import { connect, type Socket } from "node:net";
import { StoreError } from "../store.ts";
import { raw, type Sql } from "./sql.ts";

/** Where the database is and who asks it. */
export interface MysqlAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly tls: MysqlTls;
}

/**
 * `off`: in the clear. `on`: encrypted, and the server's certificate must be signed by an authority
 * that is trusted (or by `ca`, in PEM) and be made out to the host, which must be a name: mysql2
 * compares an address with "localhost". `unverified`: encrypted, to whoever answers.
 */
export interface MysqlTls {
  readonly mode: "off" | "on" | "unverified";
  readonly ca?: string | undefined;
}

/** A client that fell silent holds its transaction's locks no longer than this. */
const SERVER_WAITS_S = 15;
const IDLE_TRANSACTION_S = 5;
/** MySQL has no limit for transactions: longer than a connection is kept idle (connections.ts). */
const MYSQL_WAITS_S = 7;
/** A lock that is held longer is tried for again, as long as there is time. */
const LOCK_WAIT_S = 1;
/** Over what the client waits for: for what it gave up and cannot tell. */
const SERVER_STATEMENT_MS = 10_000;
/** A close that is not answered is not waited for. */
const CLOSE_TIMEOUT_MS = 500;

/**
 * What every session begins with. `M!` is for MariaDB alone; MySQL alone heeds a version between
 * 50700 and 99999. sql_mode: an error instead of a cut text, and backslashes that escape.
 * MySQL limits how long a SELECT takes and no other statement: these by what they may wait for, a
 * table's lock, which it would wait for a year.
 */
const SESSION = raw(
  `SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',
     wait_timeout = ${SERVER_WAITS_S}, innodb_lock_wait_timeout = ${LOCK_WAIT_S}, autocommit = 1
     /*M!100300 , idle_transaction_timeout = ${IDLE_TRANSACTION_S},
       max_statement_time = ${SERVER_STATEMENT_MS / 1000} */
     /*!80000 , wait_timeout = ${MYSQL_WAITS_S}, max_execution_time = ${SERVER_STATEMENT_MS},
       lock_wait_timeout = ${SERVER_STATEMENT_MS / 1000} */;
   SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED`,
);

/** Of a session that reads or changes whole tables. */
const PATIENT = raw(
  `SET SESSION wait_timeout = 3600, innodb_lock_wait_timeout = 50
     /*M!100300 , idle_transaction_timeout = 0, max_statement_time = 0 */
     /*!80000 , max_execution_time = 0, lock_wait_timeout = 3600 */`,
);

export type Rows = readonly Record<string, unknown>[];
/** What a statement that answers no rows did. */
export interface Effect {
  readonly affectedRows: number;
  readonly insertId: number;
}
export type Result = Rows | Effect;

/** As mysql2 says it, when it says it. */
class ConnectionLost extends Error {
  readonly code = "PROTOCOL_CONNECTION_LOST";

  constructor() {
    super("the connection to the database was lost");
  }
}

export class TooLate extends Error {
  readonly code = "PROTOCOL_SEQUENCE_TIMEOUT";

  constructor(timeoutMs: number) {
    super(`the database did not answer within ${timeoutMs} ms`);
  }
}

/** One session with the server. It asks one thing at a time and is thrown away when it fails. */
export class Connection {
  readonly #raw: Raw;
  readonly #socket: Socket;
  readonly #closed: Promise<void>;
  #isBroken = false;
  #abandon: ((error: unknown) => void) | undefined;
  /** When it was last given back, by the monotonic clock. */
  idleSinceMs = 0;

  private constructor(raw: Raw, socket: Socket) {
    this.#raw = raw;
    this.#socket = socket;
    this.#closed = new Promise((resolve) => socket.once("close", () => resolve()));
    raw.on("error", (error) => this.destroy(error));
    raw.on("end", () => this.destroy());
  }

  static async open(address: MysqlAddress, timeoutMs: number): Promise<Connection> {
    const { host, port, user, password, database, tls } = address;
    const socket = connect(port, host);
    socket.setNoDelay(true);
    const raw = createConnection({
      host,
      port,
      user,
      password,
      database,
      stream: () => socket,
      // Its own timers outlive a connection that is destroyed.
      connectTimeout: 0,
      charset: "utf8mb4_bin",
      supportBigNumbers: true,
      multipleStatements: true,
      // A server could ask for any file.
      flags: ["-LOCAL_FILES"],
      ...(tls.mode !== "off" && {
        ssl: {
          rejectUnauthorized: tls.mode === "on",
          verifyIdentity: tls.mode === "on",
          ...(tls.ca !== undefined && { ca: tls.ca }),
        },
      }),
    });
    const connection = new Connection(raw, socket);
    const startedMs = performance.now();
    try {
      await connection.#underWay<void>(timeoutMs, (resolve, reject) => {
        raw.once("error", reject);
        raw.connect((error) => error ? reject(error) : resolve());
      });
      await connection.script(SESSION, timeoutMs - (performance.now() - startedMs));
      return connection;
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** For whole tables: the server sets no limit to a statement. */
  async becomePatient(timeoutMs: number): Promise<void> {
    await this.#send(PATIENT, timeoutMs);
  }

  async rows<R>(statement: Sql, timeoutMs: number): Promise<R[]> {
    return await this.#send(statement, timeoutMs) as R[];
  }

  async run(statement: Sql, timeoutMs: number): Promise<Effect> {
    return await this.#send(statement, timeoutMs) as Effect;
  }

  /**
   * Several statements with `;` between them in one round trip; the server stops at the first that
   * fails. Answers a result for each.
   */
  async script(statements: Sql, timeoutMs: number): Promise<readonly Result[]> {
    return await this.#send(statements, timeoutMs) as readonly Result[];
  }

  /** A time-out breaks the connection: its answer may still come and would be taken for another. */
  #send(statement: Sql, timeoutMs: number): Promise<unknown> {
    if (this.#isBroken) {
      return Promise.reject(new StoreError("unreachable", "the connection is closed"));
    }
    return this.#underWay(timeoutMs, (resolve, reject) => {
      this.#raw.query(statement.text, (error, result) => error ? reject(error) : resolve(result));
    });
  }

  /** At once, whatever the server does. What is under way rejects with `cause`. */
  destroy(cause: unknown = new ConnectionLost()): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#raw.destroy();
    this.#socket.destroy();
    this.#abandon?.(cause);
  }

  /** mysql2 forgets whoever waits for an answer when its connection is destroyed. */
  async #underWay<T>(
    timeoutMs: number,
    start: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
  ): Promise<T> {
    const atMostMs = Math.max(1, Math.round(timeoutMs));
    let tooLate: ReturnType<typeof setTimeout> | undefined;
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#abandon = reject;
        tooLate = setTimeout(() => this.destroy(new TooLate(atMostMs)), atMostMs);
        start(resolve, reject);
      });
    } finally {
      clearTimeout(tooLate);
      this.#abandon = undefined;
    }
  }

  /** Says good-bye. */
  async close(): Promise<void> {
    if (!this.#isBroken) {
      this.#isBroken = true;
      this.#raw.end();
      const tooLate = setTimeout(() => this.#socket.destroy(), CLOSE_TIMEOUT_MS);
      await this.#closed;
      clearTimeout(tooLate);
    }
    await this.#closed;
  }
}
