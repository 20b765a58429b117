/**
 * Times commits into an empty store, then fills one with messages in many rooms and times what
 * people wait for: a page of history, what `welcome` and `unread` read, joining, searching. `deno run -A bench/store.ts [--messages N]
 * [--rooms N] [--keep FILE]`; with `--keep`, the filled file is kept and used again.
 */
import { parseArgs } from "@std/cli/parse-args";
import { join } from "node:path";
import { openSqlite } from "../store/sqlite.ts";
import type { Append, Room, Store, UserRef } from "../store/store.ts";

const BATCH = 1000;
const USERS = 2000;
const MY_ROOMS = 500;
const ROUNDS = 200;
const STARTED_AT = 1_700_000_000_000;
const WORDS =
  ("the of and to in is you that it he was for on are as with his they at be this have " +
    "from or one had by word but not what all were we when your can said there use an each which " +
    "she do how their if will up other about out many then them these so some her would make like")
    .split(" ");
const PHRASES = ["你好，世界", "早上好", "今天天气不错", "我们明天开会", "Привет", "👍 ok"];
/** In one message of this many. */
const RARE_EVERY = 20_000;

const flags = parseArgs(Deno.args, { string: ["messages", "rooms", "keep"] });
const messages = Number(flags.messages ?? 1_000_000);
const roomCount = Number(flags.rooms ?? 1_000);
const folder = await Deno.makeTempDir({ prefix: "hubbub-bench-" });
const path = typeof flags.keep === "string" ? flags.keep : join(folder, "bench.db");

let state = 12345;
const random = (n: number) => (state = (state * 1103515245 + 12345) % 2147483648) % n;
const pick = <T>(from: readonly T[]) => from[random(from.length)] as T;

const users: UserRef[] = Array.from({ length: USERS }, (_, i) => ({
  id: `u${i}`.padStart(16, "0"),
  name: `user${i}`,
  guest: false,
}));
const me = users[0] as UserRef;

await commits();
const store = await openSqlite({ path, durability: "normal" });
try {
  const rooms = await makeRooms(store);
  if ((rooms.at(-1)?.seq ?? 0) < 100) await fill(store, rooms);
  await measure(store, rooms);
} finally {
  await store.close();
  await Deno.remove(folder, { recursive: true });
}

/** Messages of 64 bytes into one room: rows a second by the size of a commit. */
async function commits(): Promise<void> {
  const table: Record<string, Record<string, number>> = {};
  for (const durability of ["normal", "full"] as const) {
    for (const [senders, keyed] of [[5, false], [5, true], [50, false], [50, true]] as const) {
      const store = await openSqlite({
        path: join(folder, `${durability}${senders}${keyed}`),
        durability,
      });
      const made = await store.createRoom(
        { name: "r", canonical: "r", kind: "public" },
        STARTED_AT,
      );
      if ("refused" in made) throw new Error(made.message);
      const row: Record<string, number> = {};
      let count = 0;
      const message = (): Append => {
        const op = { type: "message", content: "x".repeat(64) } as const;
        const by = users[count % senders] as UserRef;
        return {
          room: made.room.id,
          by,
          op: keyed ? { ...op, key: `k${count++}` } : (count++, op),
        };
      };
      for (const size of [1, 10, 100]) {
        const rows = (durability === "full" ? 100 : 5_000) * Math.min(size, 20);
        const startedMs = performance.now();
        for (let done = 0; done < rows; done += size) {
          await store.append(Array.from({ length: size }, message), STARTED_AT);
        }
        row[`${size} a commit`] = Math.round(rows / (performance.now() - startedMs) * 1000);
      }
      await store.close();
      table[`${durability}, ${senders} senders${keyed ? ", with keys" : ""}`] = row;
    }
  }
  console.log("rows a second");
  console.table(table);
}

/** I am a member of the first ones; one half of the rooms are groups, the other public. */
async function makeRooms(store: Store): Promise<Room[]> {
  const rooms: Room[] = [];
  for (let i = 0; i < roomCount; i++) {
    const name = `room-${i}`;
    const there = await store.roomByName(name);
    if (there) rooms.push(there);
    else rooms.push(await makeRoom(store, name, i));
  }
  return rooms;
}

async function makeRoom(store: Store, name: string, index: number): Promise<Room> {
  const members = Array.from({ length: 20 }, () => pick(users));
  if (index < MY_ROOMS) members.push(me);
  const owner = users[1 + index % (USERS - 1)] as UserRef;
  const kind = index % 2 ? "group" : "public";
  const made = await store.createRoom(
    { name, canonical: name, kind, owner, members },
    STARTED_AT,
  );
  if ("refused" in made) throw new Error(made.message);
  return made.room;
}

function sentence(number: number): string {
  if (number % RARE_EVERY === 0) return `the serendipity of message ${number}`;
  if (number % 10 === 0) return `${pick(PHRASES)} ${number}`;
  return Array.from({ length: 6 + random(8) }, () => pick(WORDS)).join(" ");
}

async function fill(store: Store, rooms: readonly Room[]): Promise<void> {
  const startedMs = performance.now();
  for (let done = 0; done < messages; done += BATCH) {
    const batch: Append[] = Array.from({ length: BATCH }, (_, i) => ({
      room: pick(rooms).id,
      by: pick(users),
      op: { type: "message", content: sentence(done + i), key: `k${done + i}` },
    }));
    await store.append(batch, STARTED_AT + done);
  }
  report(`${messages} messages written in batches of ${BATCH}`, startedMs);
  const indexingMs = performance.now();
  while (await store.index(5_000));
  report("indexed for search", indexingMs);
  for (const room of rooms.slice(0, MY_ROOMS)) {
    const seq = (await store.room(room.id))?.seq ?? 0;
    await store.markRead(room.id, me, Math.floor(seq / 2));
  }
}

function report(what: string, sinceMs: number): void {
  const seconds = (performance.now() - sinceMs) / 1000;
  const rate = Math.round(messages / seconds).toLocaleString("en");
  console.log(`${what}: ${seconds.toFixed(1)} s, ${rate}/s`);
}

async function measure(store: Store, rooms: readonly Room[]): Promise<void> {
  const reads: Record<string, () => Promise<unknown>> = {
    "history: newest 50": () => store.history(pick(rooms).id, { limit: 50 }),
    "history: 50 before the middle": () =>
      store.history(pick(rooms).id, { before: 500, limit: 50 }),
    "history: 50 up to a time": () =>
      store.history(pick(rooms).id, { until: STARTED_AT + random(messages), limit: 50 }),
    "since: 200 events": () => store.since(pick(rooms).id, 300, 500, 200),
    "join: room, standing, members, history": () => joining(store, pick(rooms), pick(users)),
    [`conversations of a user with ${MY_ROOMS}`]: () => store.conversations(me.id),
    "peers": () => store.peers(me.id),
    "search: common word": () => search(store, "what"),
    "search: common word, far back": () => search(store, "what", { before: 100_000 }),
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
  const table: Record<string, Record<string, string>> = {};
  for (const [name, read] of Object.entries(reads)) {
    const took: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      const startedMs = performance.now();
      await read();
      took.push(performance.now() - startedMs);
    }
    took.sort((a, b) => a - b);
    const at = (part: number) => (took[Math.ceil(took.length * part) - 1] ?? 0).toFixed(2);
    table[name] = { "p50 ms": at(0.5), "p99 ms": at(0.99), "max ms": at(1) };
  }
  console.table(table);
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
