import type { LogEvent, MemberEntry, ReplyOf } from "../../protocol/events.ts";
import { canonicalForm } from "../../protocol/canonical.ts";
import type { ServerEvent } from "../connection/wire.ts";
import type { Chat } from "./chat.ts";
import { ROWS_IDLE_MAX, ROWS_MAX } from "./log.ts";
import { mentions } from "./mentions.ts";
import type { Room } from "./room.ts";

/** How long `typing` is believed. */
export const TYPING_MS = 5_000;

/** Applies what the server said to what is known. */
export function apply(chat: Chat, event: ServerEvent): void {
  switch (event.type) {
    case "welcome":
      chat.me.value = event.user;
      chat.serverName.value = event.server.name;
      chat.messageBytes.value = event.limits["message_bytes"] ?? chat.messageBytes.value;
      for (const conversation of event.rooms) {
        const room = chat.ensure(conversation.room);
        room.kind.value = conversation.kind;
        room.title.value = conversation.title;
        room.icon.value = conversation.icon;
        room.unread.reset(conversation.read, conversation.seq, conversation.unread);
        room.lastSeq.value = Math.max(room.lastSeq.value, conversation.seq);
        room.unreadVersion.value++;
      }
      return;
    case "joined":
      if ("members" in event) return applyJoined(chat, event);
      return applyComing(chat, event.room, event.users, event.count, true);
    case "left":
      if ("users" in event) applyComing(chat, event.room, event.users, event.count, false);
      return;
    case "message":
    case "edited":
    case "deleted":
    case "reacted":
    case "room":
    case "member":
      return applyLogEvent(chat, event);
    case "typing": {
      const room = chat.room(event.room);
      if (room) {
        room.typing.value = new Map(room.typing.value).set(event.from, Date.now() + TYPING_MS);
      }
      return;
    }
    case "read": {
      const room = chat.room(event.room);
      if (!room) return;
      if (event.from === chat.me.value?.name) markRead(chat, room, event.seq);
      else room.peerRead.value = Math.max(room.peerRead.value, event.seq);
      return;
    }
    case "presence":
      chat.presence.value = new Map(chat.presence.value)
        .set(canonicalForm(event.user), event.online);
      for (const room of chat.rooms.value.values()) setOnline(room, event.user, event.online);
      return;
    case "unread":
      for (const { room: name, read, seq, unread } of event.rooms) {
        const room = chat.room(name);
        room?.unread.reset(read, seq, unread);
        if (room) room.unreadVersion.value++;
      }
      return;
    case "members": {
      const room = chat.room(event.room);
      if (!room) return;
      room.members.value = byName(event.members);
      room.count.value = event.count;
      return;
    }
    case "notice":
      return chat.notify(event.content);
  }
}

function byName(members: readonly MemberEntry[]): ReadonlyMap<string, MemberEntry> {
  return new Map(members.map((member) => [member.name, member]));
}

function applyJoined(chat: Chat, reply: ReplyOf<"joined">): void {
  const room = chat.ensure(reply.room);
  const { log } = room;
  room.rename(reply.room);
  room.kind.value = reply.kind;
  room.title.value = reply.title;
  room.topic.value = reply.topic;
  room.icon.value = reply.icon;
  room.role.value = reply.role;
  room.count.value = reply.count;
  room.members.value = byName(reply.members);
  room.trouble.value = undefined;
  const last = log.lastSeq;
  if (!room.isLoaded.value || (last !== undefined && last > reply.seq)) {
    log.replace([], reply.seq === 0, true);
    // Never been here: what was said before is history, not news.
    room.unread.markRead(reply.read > 0 || room.kind.value !== "public" ? reply.read : reply.seq);
  } else if (reply.first !== undefined && last !== undefined && reply.first > last + 1) {
    // More was missed than is sent again: what is shown would have a hole.
    log.replace([], false, true);
  }
  if (reply.read > 0) markRead(chat, room, reply.read);
  room.lastSeq.value = reply.seq;
  room.isLoaded.value = true;
  room.unreadVersion.value++;
}

function applyComing(
  chat: Chat,
  name: string,
  users: readonly string[],
  count: number,
  online: boolean,
): void {
  const room = chat.room(name);
  if (!room) return;
  room.count.value = count;
  if (room.kind.value !== "public") return;
  const members = new Map(room.members.value);
  for (const user of users) {
    const known = members.get(user);
    if (online) members.set(user, { name: user, role: known?.role ?? "member", online });
    // Who has a role stays listed when not there.
    else if (known && known.role !== "member") members.set(user, { ...known, online });
    else members.delete(user);
  }
  room.members.value = members;
}

function setOnline(room: Room, user: string, online: boolean): void {
  const known = room.members.value.get(user);
  if (known && known.online !== online && room.kind.value !== "public") {
    room.members.value = new Map(room.members.value).set(user, { ...known, online });
  }
}

function applyLogEvent(chat: Chat, event: LogEvent): void {
  const known = chat.room(event.room);
  const room = known ?? chat.ensure(event.room);
  // Only groups and direct conversations speak up unasked: this is new, and its card is unknown.
  if (!known && room.kind.value !== "direct") {
    room.kind.value = "group";
    chat.join(room);
  }
  room.lastSeq.value = Math.max(room.lastSeq.value, event.seq);
  if (room.isLoaded.value) {
    room.log.apply(event);
    const isCurrent = room === chat.current.value;
    room.log.trim(isCurrent ? ROWS_MAX : ROWS_IDLE_MAX, "oldest");
  }
  const me = chat.me.value?.name ?? "";
  if (event.type === "message") {
    room.newestMessage = Math.max(room.newestMessage, event.seq);
    if (event.from === me) markRead(chat, room, event.seq);
    else if (!event.deleted) room.unread.message(event.seq, mentions(event.content, me));
    stopTyping(room, event.from);
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
      break;
    case "left":
    case "kicked":
    case "banned":
      members.delete(event.user);
      if (isMe) expel(chat, room, event.change === "banned" ? "banned" : "not_member");
      break;
    case "role":
      if (event.role && known) members.set(event.user, { ...known, role: event.role });
      if (event.role && isMe) room.role.value = event.role;
  }
  if (room.kind.value === "group") room.count.value += members.size - room.members.value.size;
  room.members.value = members;
}

/** This user is no longer in the room. */
function expel(chat: Chat, room: Room, code: string): void {
  chat.connection.forget(room.name.value);
  room.trouble.value = { code, message: "" };
  room.unread.markRead(room.lastSeq.value);
  if (room !== chat.current.value) chat.remove(room);
}

export function markRead(chat: Chat, room: Room, seq: number): void {
  if (room.unread.markRead(seq)) refreshUnread(chat);
  room.unreadVersion.value++;
}

/** Only the server knows: its answer comes as an event. */
function refreshUnread(chat: Chat): void {
  chat.connection.ask<"unread">({ type: "unread" }).catch(() => {
    // The next `welcome` says it too.
  });
}

function stopTyping(room: Room, user: string): void {
  if (!room.typing.value.has(user)) return;
  const typing = new Map(room.typing.value);
  typing.delete(user);
  room.typing.value = typing;
}
