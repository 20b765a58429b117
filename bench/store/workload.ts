import type { Append, Room, Store, UserRef } from "../../store/store.ts";

/** A chat of many rooms, the same at every run, and what people say in it. */

const BATCH = 1000;
const USERS = 2000;
export const MY_ROOMS = 500;
export const STARTED_AT = 1_700_000_000_000;
const WORDS =
  ("the of and to in is you that it he was for on are as with his they at be this have " +
    "from or one had by word but not what all were we when your can said there use an each which " +
    "she do how their if will up other about out many then them these so some her would make like")
    .split(" ");
const PHRASES = ["你好，世界", "早上好", "今天天气不错", "我们明天开会", "Привет", "👍 ok"];
/** In one message of this many. */
const RARE_EVERY = 20_000;

let state = 12345;
export const random = (n: number) => (state = (state * 1103515245 + 12345) % 2147483648) % n;
export const pick = <T>(from: readonly T[]) => from[random(from.length)] as T;

export const users: UserRef[] = Array.from({ length: USERS }, (_, i) => ({
  id: `u${i}`.padStart(16, "0"),
  name: `user${i}`,
  guest: false,
}));
export const me = users[0] as UserRef;

/** I am a member of the first ones; one half of the rooms are groups, the other public. */
export async function makeRooms(store: Store, count: number): Promise<Room[]> {
  const rooms: Room[] = [];
  for (let i = 0; i < count; i++) {
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

/** Writes that many messages, and marks the half of my rooms as read. */
export async function fill(store: Store, rooms: readonly Room[], messages: number): Promise<void> {
  for (let done = 0; done < messages; done += BATCH) {
    const batch: Append[] = Array.from({ length: BATCH }, (_, i) => ({
      room: pick(rooms).id,
      by: pick(users),
      op: { type: "message", content: sentence(done + i), key: `k${done + i}` },
    }));
    await store.append(batch, STARTED_AT + done);
  }
  for (const room of rooms.slice(0, MY_ROOMS)) {
    const seq = (await store.room(room.id))?.seq ?? 0;
    await store.markRead(room.id, me, Math.floor(seq / 2));
  }
}
