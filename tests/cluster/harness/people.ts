import { delay } from "@std/async/delay";
import { isGroup, isPublic, type Participant } from "./participant.ts";
import type { RoomKey } from "./testimony.ts";

const LOOK_EVERY_MS = 100;

/** Somebody who is asked. */
export type Asker = Pick<Participant, "name" | "present" | "tell">;

/**
 * Where somebody who asks is shown other people in a room than belong there, or somebody offline,
 * to the last: all participants are connected and stay where they are. Each asks its own node.
 */
export async function peopleDiffer(
  participants: readonly Asker[],
  maxMs: number,
): Promise<string[]> {
  const inRoom = new Map<RoomKey, string[]>();
  for (const { present, name } of participants) {
    for (const room of present) inRoom.set(room, [...inRoom.get(room) ?? [], `${name} online`]);
  }
  const untilMs = performance.now() + maxMs;
  const differs = async (me: Asker, room: RoomKey): Promise<string[]> => {
    const expected = inRoom.get(room)!.sort().join(", ");
    for (;;) {
      const shown = await peopleShown(me, room);
      if (shown === expected) return [];
      if (performance.now() > untilMs) {
        return [`${me.name} is shown ${shown} in ${room}, expected ${expected}`];
      }
      await delay(LOOK_EVERY_MS);
    }
  };
  const found = await Promise.all(
    participants.flatMap((me) =>
      [...me.present].filter((room) => isPublic(room) || isGroup(room))
        .map((room) => differs(me, room))
    ),
  );
  return found.flat();
}

async function peopleShown(me: Asker, room: RoomKey): Promise<string> {
  const answer = await me.tell(room, { type: "members" });
  if (answer.type !== "members") return JSON.stringify(answer);
  return answer.members.map(({ name, online }) => `${name} ${online ? "online" : "offline"}`).sort()
    .join(", ");
}
