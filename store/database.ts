import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

export type Value = string | number | null;

/** A prepared statement whose rows have the shape `R`. */
export class Statement<R = never> {
  readonly #statement: StatementSync;

  constructor(statement: StatementSync) {
    this.#statement = statement;
  }

  get(...values: Value[]): R | undefined {
    return this.#statement.get(...values as SQLInputValue[]) as R | undefined;
  }

  all(...values: Value[]): R[] {
    return this.#statement.all(...values as SQLInputValue[]) as R[];
  }

  /** Rows one by one; a loop that breaks off ends the statement. */
  each(...values: Value[]): Iterable<R> {
    return this.#statement.iterate(...values as SQLInputValue[]) as Iterable<R>;
  }

  /** Answers how many rows changed. */
  run(...values: Value[]): number {
    return Number(this.#statement.run(...values as SQLInputValue[]).changes);
  }
}

/**
 * One SQLite connection: prepared statements and transactions. `node:sqlite` is synchronous, so a
 * transaction is never interleaved with another use of the connection.
 */
export class Database {
  readonly #raw: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  readonly #prepared = new Set<string>();
  readonly #onRollback: (() => void)[] = [];
  readonly #onCommit: () => void;

  /** @param onCommit told after each transaction that wrote something. */
  constructor(raw: DatabaseSync, onCommit = () => {}) {
    this.#raw = raw;
    this.#onCommit = onCommit;
    // Immediate: the lock is taken before anything is read that the writes depend on.
    this.#begin = raw.prepare("BEGIN IMMEDIATE");
    this.#commit = raw.prepare("COMMIT");
    this.#rollback = raw.prepare("ROLLBACK");
  }

  /** The SQL of every statement that is kept, for the test that asks for their query plans. */
  get prepared(): ReadonlySet<string> {
    return this.#prepared;
  }

  get raw(): DatabaseSync {
    return this.#raw;
  }

  prepare<R = never>(sql: string): Statement<R> {
    this.#prepared.add(sql);
    return this.once<R>(sql);
  }

  /** For what is run once and then forgotten. */
  once<R = never>(sql: string): Statement<R> {
    return new Statement<R>(this.#raw.prepare(sql));
  }

  /** For the schema: statements without parameters. */
  run(sql: string): void {
    this.#raw.exec(sql);
  }

  /** For those who remember what they wrote: called after a transaction was undone. */
  onRollback(forget: () => void): void {
    this.#onRollback.push(forget);
  }

  /** Runs `work` in one transaction: all of it is kept, or, when it throws, nothing. */
  write<T>(work: () => T): T {
    this.#begin.run();
    try {
      const result = work();
      this.#commit.run();
      this.#onCommit();
      return result;
    } catch (error) {
      // A full disk or an I/O error may have ended the transaction already.
      if (this.#raw.isTransaction) this.#rollback.run();
      for (const forget of this.#onRollback) forget();
      throw error;
    }
  }

  /** Runs `work` on one state of the database, whatever other processes write meanwhile. */
  read<T>(work: () => T): T {
    this.#raw.exec("BEGIN");
    try {
      return work();
    } finally {
      if (this.#raw.isTransaction) this.#rollback.run();
    }
  }

  close(): void {
    if (this.#raw.isOpen) this.#raw.close();
  }
}
