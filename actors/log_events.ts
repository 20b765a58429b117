import type { LogEvent } from "../protocol/events.ts";
import type { LogRow } from "../store/store.ts";

/** A kept row as the event that clients see; `room` is the name the viewer knows the room by. */
export function logEvent(row: LogRow, room: string): LogEvent {
  const { seq, at, from } = row;
  switch (row.type) {
    case "message":
      return {
        type: "message",
        room,
        seq,
        from,
        content: row.content,
        at,
        ...(row.key === undefined ? undefined : { key: row.key }),
        ...(row.reply === undefined ? undefined : { reply: row.reply }),
        ...(row.editedAt === undefined ? undefined : { edited: row.editedAt }),
        ...(row.deletedAt === undefined ? undefined : { deleted: row.deletedAt }),
        ...(row.reactions === undefined
          ? undefined
          : { reactions: row.reactions as Record<string, string[]> }),
      };
    case "edited":
      return { type: "edited", room, seq, target: row.target, content: row.content, from, at };
    case "deleted":
      return { type: "deleted", room, seq, target: row.target, from, at };
    case "reacted":
      return {
        type: "reacted",
        room,
        seq,
        target: row.target,
        emoji: row.emoji,
        on: row.on,
        from,
        at,
      };
    case "room":
      return {
        type: "room",
        room,
        seq,
        from,
        at,
        ...(row.title === undefined ? undefined : { title: row.title }),
        ...(row.topic === undefined ? undefined : { topic: row.topic }),
        ...(row.icon === undefined ? undefined : { icon: row.icon }),
        ...(row.created ? { created: true } : undefined),
        ...(row.dissolved ? { dissolved: true } : undefined),
      };
    case "member":
      return {
        type: "member",
        room,
        seq,
        user: row.user,
        change: row.change,
        from,
        at,
        ...(row.role === undefined ? undefined : { role: row.role }),
        ...(row.untilMs === undefined ? undefined : { until: row.untilMs }),
        ...(row.reason === undefined ? undefined : { reason: row.reason }),
      };
  }
}
