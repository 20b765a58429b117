import { effect } from "@preact/signals";
import { Refused } from "../connection/wire.ts";
import type { Chat } from "../model/chat.ts";
import { markRead } from "../model/marks.ts";
import type { Room } from "../model/room.ts";
import type { Ui } from "../view/ui.ts";

/** The server is told of what was read at most this often; the last word always arrives. */
const TELL_EVERY_MS = 1_000;

/**
 * What the reader has seen is read: while the page is attended, the room's end is in view and the
 * line is up. What comes while they look elsewhere gets a divider.
 *
 * Answers a function that marks what came just now. Called in the batch that brought it, so that
 * what is seen at once never counts as unread, not even for a moment.
 */
export function watchAttention(chat: Chat, ui: Ui): () => void {
  /** Rooms whose read mark the server does not know yet. */
  const untold = new Set<Room>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function see(): void {
    const room = chat.current.value;
    if (!room || !room.isLoaded.value) return;
    const last = room.lastSeq.value;
    if (ui.isAttended.value && ui.atEndOf.value === room.key) {
      if (room.unread.read < last) markRead(chat, room, last);
      if (room.toldRead < last) tellLater(room);
    } else if (room.unreadCount.value > 0 && !ui.isAttended.value) {
      const { read } = room.unread;
      if ((room.divider.peek() ?? -1) < read) room.divider.value = read;
    }
  }

  function tellLater(room: Room): void {
    untold.add(room);
    timer ??= setTimeout(tell, TELL_EVERY_MS);
  }

  function tell(): void {
    clearTimeout(timer);
    timer = undefined;
    if (chat.line.peek().status !== "online") return;
    for (const room of untold) void tellOf(room);
    untold.clear();
  }

  async function tellOf(room: Room): Promise<void> {
    const seq = room.unread.read;
    if (room.toldRead >= seq) return;
    const told = room.toldRead;
    room.toldRead = seq;
    try {
      await chat.connection.ask<"read">({ type: "read", room: room.name.value, seq });
    } catch (error) {
      // Refused for good: the room is closed to us.
      if (error instanceof Refused && !error.passing) return;
      room.toldRead = told;
      tellLater(room);
    }
  }

  effect(see);
  effect(() => {
    // Later: a public room is joined again first.
    if (chat.line.value.status === "online" && untold.size > 0) {
      timer ??= setTimeout(tell, TELL_EVERY_MS);
    }
  });
  // Before the page may go away.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") tell();
  });
  return see;
}
