import { canonicalForm } from "../../protocol/canonical.ts";
import type { Room } from "../model/room.ts";
import { text } from "../text/text.ts";
import { useApp } from "./app_context.ts";
import { Avatar } from "./avatar.tsx";
import { Icon } from "./icon.tsx";
import { RoomIcon } from "./room_icon.tsx";
import { goTo } from "./route.ts";
import type { Overlay } from "./ui.ts";

/** The rooms, groups and conversations, and who I am. */
export function Sidebar() {
  const { chat, ui } = useApp();
  const t = text.value;
  const rooms = [...chat.rooms.value.values()];
  const of = (kind: string) =>
    rooms.filter((room) => room.kind.value === kind)
      .sort((a, b) => a.label.value.localeCompare(b.label.value));
  const me = chat.me.value;
  return (
    <nav class="sidebar" aria-label={t.rooms}>
      <div class="brand">
        <span class="logo" aria-hidden="true">h</span>
        <span class="brand-name">{chat.serverName.value}</span>
      </div>
      <button type="button" class="jump" onClick={() => ui.open({ type: "switcher" })}>
        <Icon name="search" />
        <span>{t.jump}</span>
        <kbd>Ctrl K</kbd>
      </button>
      <div class="sidebar-lists">
        <Section
          title={t.rooms}
          rooms={of("public")}
          add={{ type: "join" }}
          addLabel={t.joinRoom}
        />
        <Section
          title={t.groups}
          rooms={of("group")}
          add={{ type: "group" }}
          addLabel={t.newGroup}
        />
        <Section
          title={t.directs}
          rooms={of("direct")}
          add={{ type: "direct" }}
          addLabel={t.newDirect}
        />
      </div>
      {me && (
        <div class="me">
          <Avatar name={me.name} small online={chat.line.value.status === "online"} />
          <span class="me-text">
            <b dir="auto">{me.name}</b>
            <span class="meta">
              {chat.line.value.status !== "online" ? t.away : me.guest ? t.guest : t.online}
            </span>
          </span>
          <button
            type="button"
            class="icon-button"
            aria-label={t.settings}
            title={t.settings}
            onClick={() => ui.open({ type: "settings" })}
          >
            <Icon name="settings" />
          </button>
        </div>
      )}
    </nav>
  );
}

interface SectionProps {
  readonly title: string;
  readonly rooms: readonly Room[];
  readonly add: Overlay;
  readonly addLabel: string;
}

function Section({ title, rooms, add, addLabel }: SectionProps) {
  const { ui } = useApp();
  return (
    <section>
      <div class="section-head">
        <h2>{title}</h2>
        <button
          type="button"
          class="icon-button small"
          aria-label={addLabel}
          title={addLabel}
          onClick={() => ui.open(add)}
        >
          <Icon name="add" />
        </button>
      </div>
      {rooms.length > 0 && (
        <ul>
          {rooms.map((room) => <RoomLink key={room.key} room={room} />)}
        </ul>
      )}
    </section>
  );
}

function RoomLink({ room }: { room: Room }) {
  const { chat, ui } = useApp();
  const t = text.value;
  const isCurrent = chat.current.value === room;
  const unread = room.unreadCount.value;
  const calls = room.mentionCount.value;
  const kind = room.kind.value;
  const peer = room.peer.value;
  return (
    <li>
      <a
        href={`#${encodeURIComponent(room.name.value)}`}
        class={unread > 0 ? "unread" : ""}
        aria-current={isCurrent ? "page" : undefined}
        onClick={(event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          ui.close();
          goTo(room.name.value);
        }}
      >
        {kind === "direct"
          ? (
            <Avatar
              name={peer ?? "?"}
              small
              online={chat.presence.value.get(canonicalForm(peer ?? ""))}
            />
          )
          : <RoomIcon room={room} />}
        <span class="room-name" dir="auto">{room.label.value}</span>
        {unread > 0 && (
          <span class={calls > 0 ? "badge calling" : "badge"}>
            <span aria-hidden="true">{unread > 999 ? "999+" : unread}</span>
            <span class="said">
              {t.unreadCount(unread)}
              {calls > 0 && kind !== "direct" && `, ${t.mentionsYou}`}
            </span>
          </span>
        )}
      </a>
    </li>
  );
}
