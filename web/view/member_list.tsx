import { useEffect } from "preact/hooks";
import type { MemberEntry } from "../../protocol/events.ts";
import type { Room } from "../model/room.ts";
import { text } from "../text/text.ts";
import { useApp } from "./app_context.ts";
import { Avatar } from "./avatar.tsx";
import { Icon } from "./icon.tsx";

/** Rows in the page; more are counted. */
const SHOWN_MAX = 200;

/** Who belongs to the room and who is there. */
export function MemberList({ room }: { room: Room }) {
  const { chat } = useApp();
  const t = text.value;
  const isOnline = chat.line.value.status === "online";
  const isLoaded = room.isLoaded.value;
  useEffect(() => {
    if (!isOnline || !isLoaded) return;
    chat.connection.ask<"members">({ type: "members", room: room.name.value }).catch(() => {
      // `joined` named some of them; the list stays as it is.
    });
  }, [room, isOnline, isLoaded]);
  const members = [...room.members.value.values()].sort((a, b) => a.name.localeCompare(b.name));
  const there = members.filter((member) => member.online);
  const away = members.filter((member) => !member.online);
  const unlisted = room.count.value - members.length;
  return (
    <aside class="members" aria-label={t.members}>
      {there.length > 0 && <Group title={t.onlineCount(there.length)} members={there} />}
      {away.length > 0 && <Group title={t.offlineCount(away.length)} members={away} />}
      {unlisted > 0 && <p class="hint">{t.moreMembers(unlisted)}</p>}
    </aside>
  );
}

function Group({ title, members }: { title: string; members: readonly MemberEntry[] }) {
  const { chat, ui } = useApp();
  const t = text.value;
  const me = chat.me.value?.name;
  return (
    <section>
      <h2>{title}</h2>
      <ul>
        {members.slice(0, SHOWN_MAX).map((member) => (
          <li key={member.name}>
            <button
              type="button"
              class={member.online ? "member" : "member away"}
              onClick={() => ui.open({ type: "member", name: member.name })}
            >
              <Avatar name={member.name} small online={member.online} />
              <span class="member-name" dir="auto">{member.name}</span>
              {member.name === me && <span class="meta">({t.you})</span>}
              {member.role !== "member" && (
                <span class="role" title={t[member.role]}>
                  <Icon name={member.role} />
                  <span class="said">{t[member.role]}</span>
                </span>
              )}
            </button>
          </li>
        ))}
      </ul>
      {members.length > SHOWN_MAX && <p class="hint">{t.moreMembers(members.length - SHOWN_MAX)}
      </p>}
    </section>
  );
}
