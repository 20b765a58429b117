import { canonicalForm } from "../../protocol/canonical.ts";
import type { LogEvent, MemberEntry } from "../../protocol/events.ts";
import type { Chat } from "./chat.ts";
import { ROWS_IDLE_MAX, ROWS_MAX } from "./log.ts";
import { markRead, refreshUnread, setPresence } from "./marks.ts";
import { mentions } from "./mentions.ts";
import type { Room } from "./room.ts";

/** Applies one event of a room's log. */
export function applyLogEvent(chat: Chat, event: LogEvent): void {
  const known = chat.room(event.room);
  const room = known ?? chat.ensure(event.room);
  // Only groups and direct conversations speak up unasked: this is new, and its card is unknown.
  if (!known && room.kind.value !== "direct") {
    room.kind.value = "group";
    chat.join(room);
  }
  const isLive = event.seq > room.lastSeq.value;
  room.lastSeq.value = Math.max(room.lastSeq.value, event.seq);
  if (room.isLoaded.value) {
    room.log.apply(event);
    const isCurrent = room === chat.current.value;
    const end = room.keepsOldest ? "newest" : "oldest";
    room.log.trim(isCurrent ? ROWS_MAX : ROWS_IDLE_MAX, end);
  }
  const me = chat.me.value?.name ?? "";
  if (event.type === "message") {
    room.newestMessage = Math.max(room.newestMessage, event.seq);
    if (event.from === me) markRead(chat, room, event.seq);
    else if (!event.deleted) room.unread.message(event.seq, mentions(event.content, me));
    stopTyping(room, event.from);
    if (isLive && room.peer.value === event.from) setPresence(chat, event.from, true);
    room.unreadVersion.value++;
  } else if (event.type === "deleted") {
    if (room.unread.deleted(event.target)) refreshUnread(chat);
    room.unreadVersion.value++;
  } else if (event.type === "room") applyCard(chat, room, event);
  else if (event.type === "member") applyMember(chat, room, event);
}

function applyCard(chat: Chat, room: Room, event: Extract<LogEvent, { type: "room" }>): void {
  if (event.title !== undefined) room.title.value = event.title;
  if (event.topic !== undefined) room.topic.value = event.topic;
  if (event.icon !== undefined) room.icon.value = event.icon;
  if (event.dissolved) expel(chat, room, "no_such_room");
}

function applyMember(chat: Chat, room: Room, event: Extract<LogEvent, { type: "member" }>): void {
  const members = new Map(room.members.value);
  const known = members.get(event.user);
  const isMe = event.user === chat.me.value?.name;
  switch (event.change) {
    case "joined":
    case "invited":
      members.set(event.user, {
        name: event.user,
        role: event.role ?? known?.role ?? "member",
        online: known?.online ?? chat.presence.value.get(canonicalForm(event.user)) ?? true,
      });
      if (isMe && room.trouble.value) chat.join(room);
      break;
    case "left":
    case "kicked":
    case "banned":
      members.delete(event.user);
      if (isMe) expel(chat, room, event.change === "banned" ? "banned" : "not_member");
      break;
    case "muted":
      room.muted.set(event.user, event.until ?? Infinity);
      break;
    case "unmuted":
      room.muted.delete(event.user);
      break;
    case "role":
      // Who had the room is a moderator from then on, whoever handed it over.
      if (event.role === "owner") retireOwner(room, members);
      if (event.role && known) members.set(event.user, { ...known, role: event.role });
      if (event.role && isMe) room.role.value = event.role;
  }
  if (room.kind.value === "group") room.count.value += members.size - room.members.value.size;
  room.members.value = members;
}

function retireOwner(room: Room, members: Map<string, MemberEntry>): void {
  for (const [name, member] of members) {
    if (member.role === "owner") members.set(name, { ...member, role: "moderator" });
  }
  if (room.role.value === "owner") room.role.value = "moderator";
}

/** This user is no longer in the room. */
function expel(chat: Chat, room: Room, code: string): void {
  chat.connection.forget(room.name.value);
  room.close({ code, message: "" });
  if (room !== chat.current.value) chat.remove(room);
}

function stopTyping(room: Room, user: string): void {
  if (!room.typing.value.has(user)) return;
  const typing = new Map(room.typing.value);
  typing.delete(user);
  room.typing.value = typing;
}
