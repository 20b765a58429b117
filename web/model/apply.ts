import type { MemberEntry, ReplyOf } from "../../protocol/events.ts";
import type { ServerEvent } from "../connection/wire.ts";
import type { Chat } from "./chat.ts";
import { applyLogEvent } from "./apply_log_event.ts";
import { markRead, setPresence } from "./marks.ts";
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
        if (chat.isClosed(conversation.room, conversation.seq)) continue;
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
      if (event.from === chat.me.value?.name) {
        room.toldRead = Math.max(room.toldRead, event.seq);
        markRead(chat, room, event.seq);
      } else room.peerRead.value = Math.max(room.peerRead.value, event.seq);
      return;
    }
    case "presence":
      setPresence(chat, event.user, event.online);
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
      if (room.kind.value !== "public") seePeers(chat, event.members);
      return;
    }
    case "notice":
      return chat.notify(event.content);
  }
}

function byName(members: readonly MemberEntry[]): ReadonlyMap<string, MemberEntry> {
  return new Map(members.map((member) => [member.name, member]));
}

/** Those one shares a group or a conversation with: the server tells when it changes. */
function seePeers(chat: Chat, members: readonly MemberEntry[]): void {
  for (const { name, online } of members) setPresence(chat, name, online);
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
  if (reply.kind !== "public") seePeers(chat, reply.members);
  room.trouble.value = undefined;
  const last = log.lastSeq;
  if (!room.isLoaded.value || (last !== undefined && last > reply.seq)) {
    log.replace([], reply.seq === 0, true);
    room.unread.markRead(reply.read);
  } else if (reply.first !== undefined && last !== undefined && reply.first > last + 1) {
    // More was missed than is sent again: what is shown would have a hole.
    log.replace([], false, true);
  }
  room.toldRead = reply.read;
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
