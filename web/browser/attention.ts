import { effect } from "@preact/signals";
import type { Chat } from "../model/chat.ts";
import { markRead } from "../model/marks.ts";
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
  const told = new Map<string, number>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function see(): void {
    const room = chat.current.value;
    if (!room || !room.isLoaded.value) return;
    const last = room.lastSeq.value;
    if (ui.isAttended.value && ui.isAtEnd.value) {
      if (room.unread.read < last) markRead(chat, room, last);
      timer ??= setTimeout(tell, TELL_EVERY_MS);
    } else if (room.unreadCount.value > 0 && !ui.isAttended.value) {
      const { read } = room.unread;
      if ((room.divider.peek() ?? -1) < read) room.divider.value = read;
    }
  }

  function tell(): void {
    timer = undefined;
    const room = chat.current.peek();
    if (!room || chat.line.peek().status !== "online") return;
    const seq = room.unread.read;
    if ((told.get(room.key) ?? 0) >= seq || seq === 0) return;
    told.set(room.key, seq);
    chat.connection.ask<"read">({ type: "read", room: room.name.value, seq }).catch(() => {
      told.delete(room.key);
    });
  }

  effect(see);
  return see;
}
