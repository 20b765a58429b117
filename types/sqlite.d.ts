/** What node:sqlite of Deno 2.9.6 has and its types lack: https://nodejs.org/api/sqlite.html */
import "node:sqlite";

declare module "node:sqlite" {
  interface StatementSync {
    /** Rows as arrays, in the order of the columns. */
    setReturnArrays(enabled: boolean): void;
  }
}
