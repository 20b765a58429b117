import { canonicalForm } from "../../protocol/canonical.ts";
import type { Room } from "../model/room.ts";
import { text } from "../text/text.ts";
import { number } from "../text/time.ts";
import { useApp } from "./app_context.ts";
import { Avatar } from "./avatar.tsx";
import { Icon } from "./icon.tsx";
import { RoomIcon } from "./room_icon.tsx";

export function RoomHeader({ room }: { room: Room }) {
  const { chat, ui } = useApp();
  const t = text.value;
  const peer = room.peer.value;
  const otherUnread = chat.calling.value;
  const showsPanel = !ui.hidesMembers.value;
  return (
    <header class="room-header">
      {ui.isNarrow.value && (
        <button
          type="button"
          class="icon-button menu-button"
          aria-label={otherUnread > 0
            ? `${t.openRooms}, ${t.unreadCount(otherUnread)}`
            : t.openRooms}
          onClick={() => ui.open({ type: "rooms" })}
        >
          <Icon name="menu" />
          {otherUnread > 0 && <i class="menu-dot" />}
        </button>
      )}
      <h1 class="room-title">
        <button type="button" class="title-button" onClick={() => ui.open({ type: "room" })}>
          {peer === undefined
            ? <RoomIcon room={room} />
            : <Avatar name={peer} small online={chat.presence.value.get(canonicalForm(peer))} />}
          <span dir="auto">{room.label.value}</span>
        </button>
      </h1>
      <p class="topic" dir="auto">{room.topic.value}</p>
      <button
        type="button"
        class="icon-button"
        aria-label={t.search}
        title={t.search}
        onClick={() => ui.open({ type: "search" })}
      >
        <Icon name="search" />
      </button>
      <button
        type="button"
        class="icon-button with-count"
        aria-label={`${t.members}, ${t.people(room.count.value)}`}
        title={t.members}
        aria-pressed={showsPanel ? ui.showsMembers.value : undefined}
        onClick={() => {
          if (showsPanel) ui.showsMembers.value = !ui.showsMembers.value;
          else ui.open({ type: "members" });
        }}
      >
        <Icon name="members" />
        {room.count.value > 0 && <span class="meta">{number(room.count.value)}</span>}
      </button>
    </header>
  );
}
