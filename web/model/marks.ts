import { canonicalForm } from "../../protocol/canonical.ts";
import type { Chat } from "./chat.ts";
import type { Room } from "./room.ts";

export function markRead(chat: Chat, room: Room, seq: number): void {
  if (room.unread.markRead(seq)) refreshUnread(chat);
  room.unreadVersion.value++;
}

/** Only the server knows: its answer comes as an event. */
export function refreshUnread(chat: Chat): void {
  chat.connection.ask<"unread">({ type: "unread" }).catch(() => {
    // The next `welcome` says it too.
  });
}

export function setPresence(chat: Chat, user: string, online: boolean): void {
  const key = canonicalForm(user);
  if (chat.presence.value.get(key) === online) return;
  chat.presence.value = new Map(chat.presence.value).set(key, online);
}
