import { text } from "../text/text.ts";
import { useApp } from "./app_context.ts";
import { Composer } from "./composer/composer.tsx";
import { TypingRow } from "./composer/typing_row.tsx";
import { ConnectionStrip } from "./connection_strip.tsx";
import { LogView } from "./log/log_view.tsx";
import { MemberList } from "./member_list.tsx";
import { Notices } from "./notices.tsx";
import { Overlays } from "./overlays/overlays.tsx";
import { RoomHeader } from "./room_header.tsx";
import { Sidebar } from "./sidebar.tsx";

/** The page of somebody who has come in. */
export function Shell() {
  const app = useApp();
  const { chat, ui } = app;
  const room = chat.current.value;
  const showsMembers = room && !room.trouble.value && !ui.hidesMembers.value &&
    ui.showsMembers.value;
  return (
    <>
      <div class={showsMembers ? "shell with-members" : "shell"}>
        {!ui.isNarrow.value && <Sidebar />}
        <main class="room">
          {room && <RoomHeader room={room} />}
          <ConnectionStrip />
          {room
            ? (
              <>
                <LogView key={room.key} app={app} room={room} />
                <TypingRow room={room} />
                {!room.trouble.value && <Composer room={room} />}
              </>
            )
            : (
              <div class="blank">
                {text.value.noRoom}
                <button type="button" class="primary" onClick={() => ui.open({ type: "switcher" })}>
                  {text.value.jump}
                </button>
              </div>
            )}
        </main>
        {showsMembers && <MemberList room={room} />}
      </div>
      {!ui.overlay.value && <Notices />}
      <div class="said" role="status">{ui.announcement}</div>
      <Overlays />
    </>
  );
}
