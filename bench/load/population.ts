import type { FanOut } from "./scenario.ts";

/** Who is where, and who speaks in which room. */
export interface Person {
  readonly rooms: readonly string[];
  readonly speaksIn?: string;
}

export function populate({ layout, connections }: FanOut): Person[] {
  switch (layout.kind) {
    case "one-room": {
      const every = Math.floor(connections / layout.speakers);
      return people(connections, (n) => ({
        rooms: ["lobby"],
        ...(n % every === 0 && n / every < layout.speakers ? { speaksIn: "lobby" } : {}),
      }));
    }
    case "many-rooms":
      return people(connections, (n) => {
        const room = `room-${Math.floor(n / layout.members)}`;
        return { rooms: [room], ...(n % layout.members === 0 ? { speaksIn: room } : {}) };
      });
    case "shared-listeners": {
      const rooms = Array.from({ length: layout.rooms }, (_, n) => `room-${n}`);
      const speakers = rooms.map((room) => ({ rooms: [room], speaksIn: room }));
      return [...speakers, ...people(connections - rooms.length, () => ({ rooms }))];
    }
  }
}

function people(count: number, make: (n: number) => Person): Person[] {
  return Array.from({ length: count }, (_, n) => make(n));
}

/** How many connections hear what is said in each room. */
export function audiences(persons: readonly Person[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { rooms } of persons) {
    for (const room of rooms) sizes.set(room, (sizes.get(room) ?? 0) + 1);
  }
  return sizes;
}
