import type { Connection, Effect, Result } from "./connection.ts";
import { joined, raw, type Sql } from "./sql.ts";

/** Longest that is sent at once; a server takes 16 MiB unless it was told to take less. */
const SCRIPT_CHARS = 1024 * 1024;

const START = raw("START TRANSACTION");
const COMMIT = raw("COMMIT");
const ROLLBACK = raw("ROLLBACK");

/**
 * A transaction in few round trips: it begins with the first question, and what is written `later`
 * is sent together with the commit.
 */
export class Transaction {
  readonly #connection: Connection;
  readonly #timeoutMs: () => number;
  readonly #later: Sql[] = [];
  #opening: readonly Sql[];
  #hasBegun = false;

  /** `opening`: what is run first. `timeoutMs`: how long the next statement may take. */
  constructor(connection: Connection, opening: readonly Sql[], timeoutMs: () => number) {
    this.#connection = connection;
    this.#opening = [START, ...opening];
    this.#timeoutMs = timeoutMs;
  }

  /** In one round trip; a result for each. */
  async ask(statements: readonly Sql[]): Promise<readonly Result[]> {
    if (statements.length === 0) return [];
    const opening = this.#opening;
    this.#opening = [];
    this.#hasBegun = true;
    const results = await this.#send([...opening, ...statements]);
    return results.slice(opening.length);
  }

  async rows<R>(statement: Sql): Promise<R[]> {
    const [result] = await this.ask([statement]);
    return result as unknown as R[];
  }

  async run(statement: Sql): Promise<Effect> {
    const [result] = await this.ask([statement]);
    return result as Effect;
  }

  later(...statements: readonly Sql[]): void {
    this.#later.push(...statements);
  }

  /** Until this answers, nobody knows whether it was done. */
  async commit(): Promise<void> {
    let script: Sql[] = [];
    let chars = 0;
    for (const statement of [...this.#later, COMMIT]) {
      if (chars + statement.text.length > SCRIPT_CHARS && script.length > 0) {
        await this.ask(script);
        script = [];
        chars = 0;
      }
      script.push(statement);
      chars += statement.text.length;
    }
    await this.ask(script);
  }

  async rollback(): Promise<void> {
    if (!this.#hasBegun || this.#connection.isBroken) return;
    try {
      await this.#send([ROLLBACK]);
    } catch {
      // What it has open must not be anybody else's.
      this.#connection.destroy();
    }
  }

  async #send(statements: readonly Sql[]): Promise<readonly Result[]> {
    const [first] = statements;
    return statements.length === 1 && first
      ? [await this.#connection.run(first, this.#timeoutMs()) as Result]
      : await this.#connection.script(joined(statements, ";\n"), this.#timeoutMs());
  }
}
