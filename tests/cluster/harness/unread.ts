import type { Participant } from "./participant.ts";
import { roomKey } from "./testimony.ts";

/** Where a participant's last `welcome` counts other unread messages than its log has. */
export function unreadDiffers(me: Participant): string[] {
  return me.conversations.flatMap(({ room, read, unread, seq }) => {
    const key = roomKey(room, me.name);
    const log = me.heard.get(key) ?? [];
    const deleted = new Set(
      log.flatMap((event) => event.type === "deleted" ? [event.target] : []),
    );
    // Not in a room that it has left: what was said there meanwhile, it has not heard.
    if (!me.present.has(key) || me.jumps.has(key) || me.last(key) !== seq) return [];
    const expected = log.filter((event) =>
      event.type === "message" && event.seq > read && event.from !== me.name &&
      !deleted.has(event.seq)
    ).length;
    if (expected === unread) {
      return [];
    }
    return [`${me.name} is told that ${unread} are unread in ${room}, expected ${expected}`];
  });
}
