import { join } from "node:path";
import { openMemory } from "./memory.ts";
import { openSqlite } from "./sqlite.ts";
import type {
  Append,
  Appended,
  LogRow,
  NewRoom,
  Op,
  Room,
  Store,
  StrangerLimit,
  UserRef,
} from "./store.ts";

/**
 * What the tests of the contract share. `promise` runs a test against every implementation, each
 * time with an empty store.
 */
export interface SuiteOptions {
  readonly strangerLimit?: StrangerLimit;
  readonly searchBudgetMs?: number;
}

export interface Implementation {
  readonly name: string;
  open(options: SuiteOptions, folder: string): Promise<Store>;
}

/** Those that need nothing but this program. */
let implementations: readonly Implementation[] = [
  { name: "memory", open: (options) => openMemory(options) },
  {
    name: "sqlite",
    open: (options, folder) =>
      openSqlite({ path: join(folder, "hubbub.db"), durability: "normal", ...options }),
  },
];

/** The promises of all test files loaded from now on are made of this one instead. */
export function onlyOf(implementation: Implementation): void {
  implementations = [implementation];
}

/** A slow machine must not cut a search short, except where that is the point. */
const ALL_THE_TIME_MS = 60_000;

export function promise(
  name: string,
  run: (store: Store) => Promise<void>,
  options: SuiteOptions = {},
): void {
  const settings = { searchBudgetMs: ALL_THE_TIME_MS, ...options };
  for (const implementation of implementations) {
    Deno.test(`${implementation.name}: ${name}`, () =>
      inFolder(async (folder) => {
        const store = await implementation.open(settings, folder);
        try {
          await run(store);
        } finally {
          await store.close();
        }
      }));
  }
}

export async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "hubbub-store-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

export function person(name: string, guest = false): UserRef {
  return { id: name.padEnd(16, "z"), name, guest };
}

export const ALICE = person("alice");
export const BOB = person("bob");
export const CAROL = person("carol");
export const DAVE = person("dave", true);

export async function room(store: Store, wanted: Partial<NewRoom> = {}): Promise<Room> {
  const name = wanted.name ?? "lobby";
  const made = await store.createRoom({ canonical: name, kind: "public", ...wanted, name }, 1);
  if ("refused" in made) throw new Error(made.message);
  return made.room;
}

export function group(store: Store, owner: UserRef, ...members: UserRef[]): Promise<Room> {
  return room(store, { name: "team", kind: "group", owner, members });
}

export function item(where: Room, by: UserRef, op: Op): Append {
  return { room: where.id, by, op };
}

export function text(content: string, more: { key?: string; reply?: number } = {}): Op {
  return { type: "message", content, ...more };
}

/** Appends one thing and answers what came of it. */
export async function act(
  store: Store,
  where: Room,
  by: UserRef,
  op: Op,
  at = 1000,
): Promise<Appended> {
  const [result] = await store.append([item(where, by, op)], at);
  if (!result) throw new Error("append answered nothing");
  return result;
}

/** As `act`, for what must succeed and write. */
export async function done(...args: Parameters<typeof act>): Promise<LogRow> {
  const result = await act(...args);
  if ("refused" in result) throw new Error(`refused: ${result.refused} ${result.message}`);
  if (!result.row) throw new Error("nothing was written");
  return result.row;
}

export function say(store: Store, where: Room, by: UserRef, content: string, at = 1000) {
  return done(store, where, by, text(content), at);
}

/** The refusal's code, "unchanged" or "written". */
export async function outcome(...args: Parameters<typeof act>): Promise<string> {
  const result = await act(...args);
  if ("refused" in result) return result.refused;
  return result.row ? "written" : "unchanged";
}

/** The whole log, as a client that missed everything gets it. */
export function log(store: Store, where: Room): Promise<readonly LogRow[]> {
  return store.since(where.id, 0, Number.MAX_SAFE_INTEGER, 10_000);
}

export async function contents(rows: Promise<{ rows: readonly { content: string }[] }>) {
  return (await rows).rows.map((row) => row.content);
}
