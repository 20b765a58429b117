import { Refusal } from "../../protocol/errors.ts";
import { StoreError } from "../store.ts";
import { Connection, type MysqlAddress, type Result, TooLate } from "./connection.ts";
import { Connections, Crowded } from "./connections.ts";
import { failureOf, isDuplicate, isShutOut } from "./failure.ts";
import { Lane } from "./lane.ts";
import { joined, raw, type Sql, sql } from "./sql.ts";
import { Transaction } from "./transaction.ts";

/** How long anything is tried before it fails: a short restart or fail-over goes unnoticed. */
const PATIENCE_MS = 4_500;
/** The same while the last that was tried has failed: what waits must not wait for each other. */
const DOWN_PATIENCE_MS = 500;
const STATEMENT_TIMEOUT_MS = 2_500;
/** Before trying again, and at most. */
const PAUSE_MS = 10;
const PAUSE_MAX_MS = 200;
/** Two writers meet at the same unique key once; more often is a mistake. */
const DUPLICATES_MAX = 5;
/** Writes are few at a time: the archive's, an index step, a probe. */
const WRITING_CONNECTIONS = 2;
/** Reads that wait for a connection; further ones fail at once. */
const WAITERS_MAX = 1_000;
/** A node that wrote nothing for so long is not coming back. */
const WRITER_FORGOTTEN_S = 366 * 24 * 3600;

/** Above the number of any attempt. */
const NEVER = "9223372036854775807";

/**
 * From here on no transaction of a store that is open is done: whoever replaces what is in the
 * database makes what these remember of it wrong. Waits for those under way.
 */
export const SHUT_OUT = raw(`UPDATE writers SET done = ${NEVER}`);

/** From when it was asked for, waiting for its turn and all attempts included. */
interface Patience {
  readonly patienceMs: number;
  readonly deadlineMs: number;
}

/** Asks without a transaction: each answer is of its own moment. */
export interface Reader {
  rows<R>(statement: Sql): Promise<R[]>;
  /** Two or more in one round trip. */
  script(statements: readonly Sql[]): Promise<readonly Result[]>;
}

/**
 * The connections to one database, and what is made of their failures. Reads have connections of
 * their own, so that they never wait for writes.
 *
 * Whether a transaction whose `COMMIT` got no answer was done is found out in the next attempt:
 * each begins with `fence`, which keeps its number in this writer's row. An attempt that still runs
 * on the server holds that row, so asking for it waits until it has ended; one that has not begun,
 * because the server had not read it, finds a higher number there and fails. Long because what a
 * failure means depends on what was asked, and how often it was tried before: both are here.
 */
export class Database {
  readonly #address: MysqlAddress;
  readonly #reads: Connections;
  readonly #writes: Connections;
  readonly #lane = new Lane();
  readonly #writer = crypto.getRandomValues(new Uint8Array(16)).toHex();
  #attempts = 0;
  #isDown = false;
  /** Another store was moved into the database: what this one remembers may be wrong. */
  #isShutOut = false;

  constructor(address: MysqlAddress, connectionsMost: number) {
    this.#address = address;
    this.#writes = new Connections(address, WRITING_CONNECTIONS, WAITERS_MAX);
    const reads = Math.max(1, connectionsMost - WRITING_CONNECTIONS);
    this.#reads = new Connections(address, reads, WAITERS_MAX);
  }

  /** Before the first write. */
  async register(): Promise<void> {
    await this.#persist(this.#writes, async (connection, timeoutMs) => {
      await connection.script(
        sql`DELETE FROM writers WHERE at < UNIX_TIMESTAMP() - ${WRITER_FORGOTTEN_S};
          INSERT INTO writers (id, done, at) VALUES (${this.#writer}, 0, UNIX_TIMESTAMP())
          ON DUPLICATE KEY UPDATE at = VALUES(at)`,
        timeoutMs(),
      );
    });
  }

  /** `work` may be run again, from its beginning. */
  read<T>(work: (reader: Reader) => Promise<T>): Promise<T> {
    return this.#persist(
      this.#reads,
      (connection, timeoutMs) =>
        work({
          rows: (statement) => connection.rows(statement, timeoutMs()),
          script: (statements) => connection.script(joined(statements, ";\n"), timeoutMs()),
        }),
    );
  }

  rows<R>(statement: Sql): Promise<R[]> {
    return this.read((reader) => reader.rows<R>(statement));
  }

  /** One statement that does no harm when it is run twice. */
  async run(statement: Sql): Promise<number> {
    const { affectedRows } = await this.#persist(
      this.#writes,
      (connection, timeoutMs) => connection.run(statement, timeoutMs()),
    );
    return affectedRows;
  }

  /** Several such statements in one round trip. */
  script(statements: readonly Sql[]): Promise<readonly Result[]> {
    return this.#persist(
      this.#writes,
      (connection, timeoutMs) => connection.script(joined(statements, ";\n"), timeoutMs()),
    );
  }

  /**
   * Runs `work` in a transaction, which is done once or not at all: a deadlock or a lost connection
   * is tried again, with `work` from its beginning. One after the other. When this throws
   * `unreachable`, whether it was done is not known.
   */
  write<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const patience = this.#patience();
    return this.#lane.run(() => {
      // Of the attempts whose commit got no answer.
      const outcomes = new Map<number, T>();
      return this.#persist(this.#writes, async (connection, timeoutMs) => {
        if (outcomes.size > 0) {
          const done = await this.#committed(connection, timeoutMs);
          if (done !== undefined && outcomes.has(done)) return outcomes.get(done) as T;
        }
        const attempt = ++this.#attempts;
        const transaction = new Transaction(connection, [this.#fence(attempt)], timeoutMs);
        return await inside(transaction, async () => {
          const outcome = await work(transaction);
          outcomes.set(attempt, outcome);
          await transaction.commit();
          return outcome;
        });
      }, patience);
    });
  }

  /** As `write`, for what may be done twice; not one after the other. */
  transact<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#persist(this.#writes, (connection, timeoutMs) => {
      const transaction = new Transaction(connection, [], timeoutMs);
      return inside(transaction, async () => {
        const outcome = await work(transaction);
        await transaction.commit();
        return outcome;
      });
    });
  }

  /** A connection of its own for what reads or changes whole tables and has all the time. */
  async alone<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await Connection.open(this.#address, PATIENCE_MS);
    try {
      await connection.becomePatient(STATEMENT_TIMEOUT_MS);
      return await work(connection);
    } finally {
      await connection.close();
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#reads.close(), this.#writes.close()]);
  }

  /** In strict mode NULL fails there: what comes too late, or was shut out, writes nothing. */
  #fence(attempt: number): Sql {
    return sql`UPDATE writers SET done = IF(done < ${attempt}, ${attempt}, NULL),
      at = UNIX_TIMESTAMP() WHERE id = ${this.#writer}`;
  }

  /** The number of this writer's last transaction that was done. Waits for one under way. */
  async #committed(connection: Connection, timeoutMs: () => number): Promise<number | undefined> {
    const transaction = new Transaction(connection, [], timeoutMs);
    const [row] = await inside(
      transaction,
      () =>
        transaction.rows<{ done: number }>(
          sql`SELECT done FROM writers WHERE id = ${this.#writer} FOR UPDATE`,
        ),
    );
    await transaction.rollback();
    return row?.done;
  }

  #patience(): Patience {
    const patienceMs = this.#isDown ? DOWN_PATIENCE_MS : PATIENCE_MS;
    return { patienceMs, deadlineMs: performance.now() + patienceMs };
  }

  async #persist<T>(
    connections: Connections,
    attempt: (connection: Connection, timeoutMs: () => number) => Promise<T>,
    { patienceMs, deadlineMs } = this.#patience(),
  ): Promise<T> {
    const timeoutMs = () => Math.min(STATEMENT_TIMEOUT_MS, deadlineMs - performance.now());
    for (let tries = 1;; tries++) {
      if (this.#isShutOut) {
        throw new StoreError("other", "a store was moved into this database: start again");
      }
      try {
        const answer = await connections.use(
          deadlineMs,
          (connection) => attempt(connection, timeoutMs),
        );
        this.#isDown = false;
        return answer;
      } catch (error) {
        if (isShutOut(error)) {
          this.#isShutOut = true;
          continue;
        }
        const pauseMs = Math.min(PAUSE_MS * 2 ** tries, PAUSE_MAX_MS) * (0.5 + Math.random() / 2);
        if (!this.#isWorthAnotherTry(error, tries) || performance.now() + pauseMs >= deadlineMs) {
          // What was left for the last attempt says nothing to whoever reads it.
          throw error instanceof TooLate ? new TooLate(patienceMs) : error;
        }
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }

  #isWorthAnotherTry(error: unknown, tries: number): boolean {
    if (error instanceof Refusal || error instanceof Crowded) return false;
    const failure = failureOf(error);
    // A store error was made here: for want of a free connection, say.
    if (failure === "unreachable" && !(error instanceof StoreError)) this.#isDown = true;
    return failure === "unreachable" || failure === "locked" ||
      (isDuplicate(error) && tries < DUPLICATES_MAX);
  }
}

async function inside<T>(transaction: Transaction, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await transaction.rollback();
    throw error;
  }
}
