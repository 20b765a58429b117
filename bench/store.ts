/**
 * `deno task bench:store [--stores memory,sqlite,mysql] [--messages N] [--rooms N]`: each kind of
 * store alike. Times commits into an empty one, then fills one with messages in many rooms and times
 * what people wait for: a page of history, what `welcome` and `unread` read, joining, searching.
 * MariaDB is started on this machine.
 */
import type { Append, Room, Store, UserRef } from "../store/store.ts";
import { chosen, positive, runBench } from "./flags.ts";
import { type Durability, type Place, PLACES } from "./store/stores.ts";
import {
  fill,
  makeRooms,
  me,
  MY_ROOMS,
  pick,
  random,
  STARTED_AT,
  users,
} from "./store/workload.ts";

const ROUNDS = 100;
/** Of commits of one size, however fast or slow they are. */
const COMMITTING_MS = 1_000;
const SIZES = [1, 10, 100] as const;

/** What was measured and, by the kind of store, what came out. */
type Table = Record<string, Record<string, string>>;
type Row = readonly [what: string, figure: string];

const HELP = `deno task bench:store [options]

  --stores A,B   of ${Object.keys(PLACES).join(", ")}; default all
  --messages N   in the full store, default 200000
  --rooms N      that they are in, default 1000`;

interface Full {
  readonly messages: number;
  readonly rooms: number;
}

const OPTIONS = ["stores", "messages", "rooms"] as const;

await runBench({ help: HELP, options: OPTIONS }, async (flags) => {
  const full = {
    messages: Math.ceil(positive(flags.messages, 200_000)),
    rooms: Math.ceil(positive(flags.rooms, 1_000)),
  };
  const commits: Table = {};
  const reads: Table = {};
  for (const [kind, make] of chosen(flags.stores, Object.entries(PLACES), ([kind]) => kind)) {
    await using place = await make();
    for (const durability of place.durabilities) {
      for (const row of await commitRates(place, durability)) note(commits, kind, row);
    }
    const store = await place.open("filled", "normal");
    try {
      for (const row of await useFilled(store, full)) note(reads, kind, row);
    } finally {
      await store.close();
    }
  }
  console.log("rows a second through append: 64 bytes with a key, one commit after the other");
  console.table(commits);
  console.log(`${full.messages} messages in ${full.rooms} rooms: ms, median / 99th percentile`);
  console.table(reads);
});

function note(table: Table, kind: string, [what, figure]: Row): void {
  (table[what] ??= {})[kind] = figure;
}

/** Into one room, by five people in turn. */
async function commitRates(place: Place, durability: Durability): Promise<Row[]> {
  const store = await place.open(`commits_${durability}`, durability);
  try {
    const made = await store.createRoom({ name: "r", canonical: "r", kind: "public" }, STARTED_AT);
    if ("refused" in made) throw new Error(made.message);
    let count = 0;
    const message = (): Append => ({
      room: made.room.id,
      by: users[count % 5] as UserRef,
      op: { type: "message", content: "x".repeat(64), key: `k${count++}` },
    });
    const rows: Row[] = [];
    for (const size of SIZES) {
      const startedMs = performance.now();
      let done = 0;
      for (; performance.now() - startedMs < COMMITTING_MS; done += size) {
        await store.append(Array.from({ length: size }, message), STARTED_AT);
      }
      const rate = done / (performance.now() - startedMs) * 1000;
      rows.push([`${durability}, ${size} a commit`, Math.round(rate).toLocaleString("en")]);
    }
    return rows;
  } finally {
    await store.close();
  }
}

async function useFilled(store: Store, full: Full): Promise<Row[]> {
  const { messages } = full;
  const rooms = await makeRooms(store, full.rooms);
  const filled = await rate(messages, () => fill(store, rooms, messages));
  const indexed = await rate(messages, async () => {
    while (await store.index(5_000));
  });
  const rows: Row[] = [["written, rows/s", filled], ["indexed, rows/s", indexed]];
  return [...rows, ...await measure(store, rooms, messages)];
}

async function rate(messages: number, work: () => Promise<void>): Promise<string> {
  const startedMs = performance.now();
  await work();
  return Math.round(messages / (performance.now() - startedMs) * 1000).toLocaleString("en");
}

async function measure(store: Store, rooms: readonly Room[], messages: number): Promise<Row[]> {
  const reads: Record<string, () => Promise<unknown>> = {
    "history: newest 50": () => store.history(pick(rooms).id, { limit: 50 }),
    "history: 50 before the middle": () =>
      store.history(pick(rooms).id, { before: 100, limit: 50 }),
    "history: 50 up to a time": () =>
      store.history(pick(rooms).id, { until: STARTED_AT + random(messages), limit: 50 }),
    "since: 200 events": () => store.since(pick(rooms).id, 0, 200, 200),
    "join: room, standing, members, history": () => joining(store, pick(rooms), pick(users)),
    [`conversations of a user with ${MY_ROOMS}`]: () => store.conversations(me.id),
    "peers": () => store.peers(me.id),
    "search: common word": () => search(store, "what"),
    "search: common word, far back": () => search(store, "what", { before: messages / 10 }),
    "search: common word, in a room": () => search(store, "what", { room: pick(rooms).id }),
    "search: rare word": () => search(store, "serendipity"),
    "search: two common words, never together": () => search(store, "that you would serendipity"),
    "search: common trigrams, no hit": () => search(store, "thethethethe"),
    "search: Chinese, 3 characters": () => search(store, "天气不"),
    "search: 2 characters": () => search(store, "世界"),
    "search: 2 characters, no hit": () => search(store, "鼎鼎"),
    "search: 2 characters, in a room": () => search(store, "鼎鼎", { room: pick(rooms).id }),
    "search: one cased letter": () => search(store, "ж"),
  };
  const rows: Row[] = [];
  for (const [name, read] of Object.entries(reads)) {
    const took: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      const startedMs = performance.now();
      await read();
      took.push(performance.now() - startedMs);
    }
    took.sort((a, b) => a - b);
    const at = (part: number) => (took[Math.ceil(took.length * part) - 1] ?? 0).toFixed(2);
    rows.push([name, `${at(0.5)} / ${at(0.99)}`]);
  }
  return rows;
}

async function joining(store: Store, room: Room, user: UserRef): Promise<void> {
  await store.roomByName(room.name);
  await store.standing(room.id, user.id);
  await store.members(room.id, 100);
  await store.memberCount(room.id);
  await store.history(room.id, { limit: 50 });
}

function search(store: Store, query: string, more: { before?: number; room?: number } = {}) {
  return store.search({ query, user: me.id, limit: 10, ...more });
}
