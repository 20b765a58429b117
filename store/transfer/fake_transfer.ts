import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { inFolder } from "../suite.ts";
import {
  type Source,
  type Target,
  type TargetPlace,
  TransferError,
  type TransferFailure,
} from "./ends.ts";
import { openSqliteSource } from "./sqlite_source.ts";
import { sqliteTargetAt } from "./sqlite_target.ts";
import { type Moved, transfer } from "./transfer.ts";

const SILENT = { begin() {}, advance() {} };

export function test(name: string, run: (from: string, to: string) => Promise<void>): void {
  Deno.test(`transfer: ${name}`, () =>
    inFolder((folder) => run(join(folder, "from.db"), join(folder, "to", "to.db"))));
}

/** Moves one file to another; `spoil` puts something between the transfer and the target. */
export function move(
  from: string,
  to: string,
  spoil?: (target: Target) => Target,
): Promise<Moved> {
  return pour(() => openSqliteSource(from), sqliteTargetAt(to), spoil);
}

export async function pour(
  open: () => Promise<Source>,
  to: TargetPlace,
  spoil: (target: Target) => Target = (target) => target,
): Promise<Moved> {
  const source = await open();
  try {
    const target = await to.take(source.name);
    try {
      const moved = await transfer({ source, target: spoil(target), listener: SILENT });
      await target.finish();
      return moved;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

export async function failure(run: () => Promise<unknown>): Promise<TransferError> {
  return await assertRejects(run, TransferError);
}

export async function refused(
  failed: TransferFailure,
  run: () => Promise<unknown>,
): Promise<string> {
  const error = await failure(run);
  assertEquals(error.failure, failed, error.message);
  return error.message;
}

export function edit(path: string, sql: string): void {
  const raw = new DatabaseSync(path);
  raw.exec(sql);
  raw.close();
}

/** A target that does some things in its own way. */
export function over(target: Target, changes: Partial<Target>): Target {
  return new Proxy(target, {
    get(it, name) {
      const value = Reflect.get(changes, name) ?? Reflect.get(it, name);
      return typeof value === "function" ? value.bind(it) : value;
    },
  });
}

/** Fails once it has taken so many pages. */
export function dying(pages: number) {
  let taken = 0;
  return (target: Target) =>
    over(target, {
      add(table, rows) {
        if (taken++ === pages) throw new Error("dies here");
        return target.add(table, rows);
      },
    });
}
