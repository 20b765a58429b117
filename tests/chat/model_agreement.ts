import { assertEquals } from "@std/assert";
import type { Said } from "./chat_client.ts";
import type { Room } from "./model.ts";
import { type Device, messageOf } from "./model_device.ts";

/** What a client is answered about all its rooms is as the model has it. */
export async function agreesOnAnswers(device: Device, rooms: readonly Room[]): Promise<void> {
  const { user, client } = device;
  const unread = await client.ask({ type: "unread" });
  const expected = rooms.filter((room) => room.converses(user) && room.unread(user) > 0);
  assertEquals(
    sorted(unread.rooms.map(({ room, unread, read, seq, last }: Said) => {
      return { room, unread, read, seq, last: last && messageOf(last) };
    })),
    sorted(expected.map((room) => ({
      room: room.nameFor(user),
      unread: room.unread(user),
      read: room.person(user).read,
      seq: room.seq,
      last: [...room.messages.values()].at(-1),
    }))),
    `unread of ${user}`,
  );
  for (const room of rooms) {
    if (!room.shows(user)) continue;
    const name = room.nameFor(user);
    const { messages } = await client.ask({ type: "history", room: name, limit: 200 });
    assertEquals(messages.map(messageOf), [...room.messages.values()].slice(-200));
    if (room.kind === "public") continue;
    const { members } = await client.ask({ type: "members", room: name });
    const people = [...room.people].filter(([, { role }]) => role);
    assertEquals(
      members.map(({ name, role }: Said) => `${name} ${role}`).sort(),
      people.map(([name, { role }]) => `${name} ${role}`).sort(),
    );
  }
}

/** So is what it was welcomed with. */
export function agreesOnWelcome(user: string, rooms: readonly Room[], welcome: Said): void {
  assertEquals(
    sorted(welcome.rooms.map(({ room, kind, seq, read, unread }: Said) => {
      return { room, kind, seq, read, unread };
    })),
    sorted(
      rooms.filter((room) => room.converses(user)).map((room) => ({
        room: room.nameFor(user),
        kind: room.kind,
        seq: room.seq,
        read: room.person(user).read,
        unread: room.unread(user),
      })),
    ),
    `welcome of ${user}`,
  );
}

function sorted<T extends { room: string }>(rooms: T[]): T[] {
  return rooms.sort((a, b) => (a.room < b.room ? -1 : 1));
}
