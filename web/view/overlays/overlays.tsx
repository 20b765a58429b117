import { AccountSheet } from "./account_sheet.tsx";
import { text } from "../../text/text.ts";
import { useApp } from "../app_context.ts";
import { MemberList } from "../member_list.tsx";
import { Sidebar } from "../sidebar.tsx";
import { Ask } from "./ask.tsx";
import { CreateGroup } from "./create_group.tsx";
import { Dialog } from "./dialog.tsx";
import { Help } from "./help.tsx";
import { JoinRoom } from "./join_room.tsx";
import { MakeAccount } from "./make_account.tsx";
import { MemberSheet } from "./member_sheet.tsx";
import { MessageSheet } from "./message_sheet.tsx";
import { NewDirect } from "./new_direct.tsx";
import { RoomSheet } from "./room_sheet.tsx";
import { Search } from "./search.tsx";
import { Settings } from "./settings.tsx";
import { Switcher } from "./switcher.tsx";

/** What lies over the page now. Each kind has its key, so that one never turns into another. */
export function Overlays() {
  const { chat, ui } = useApp();
  const overlay = ui.overlay.value;
  const room = chat.current.value;
  const t = text.value;
  switch (overlay?.type) {
    case undefined:
      return null;
    case "rooms":
      return (
        <Dialog key="rooms" title={t.rooms} shape="drawer-start">
          <Sidebar />
        </Dialog>
      );
    case "members":
      return room
        ? (
          <Dialog key="members" title={t.members} shape="drawer-end">
            <MemberList room={room} />
          </Dialog>
        )
        : null;
    case "switcher":
      return (
        <Dialog key="switcher" title={t.jump} shape="palette">
          <Switcher />
        </Dialog>
      );
    case "settings":
      return (
        <Dialog key="settings" title={t.settings}>
          <Settings />
        </Dialog>
      );
    case "help":
      return (
        <Dialog key="help" title={t.help}>
          <Help />
        </Dialog>
      );
    case "search":
      return (
        <Dialog key="search" title={t.search} shape="drawer-end">
          <Search />
        </Dialog>
      );
    case "join":
      return (
        <Dialog key="join" title={t.joinRoom}>
          <JoinRoom />
        </Dialog>
      );
    case "group":
      return (
        <Dialog key="group" title={t.newGroup}>
          <CreateGroup />
        </Dialog>
      );
    case "direct":
      return (
        <Dialog key="direct" title={t.newDirect}>
          <NewDirect />
        </Dialog>
      );
    case "account":
      return chat.me.value?.guest
        ? (
          <Dialog key="account" title={t.register}>
            <MakeAccount />
          </Dialog>
        )
        : (
          <Dialog key="account" title={t.account}>
            <AccountSheet />
          </Dialog>
        );
    case "room":
      return room
        ? (
          <Dialog key="room" title={t.roomInfo}>
            <RoomSheet room={room} />
          </Dialog>
        )
        : null;
    case "member":
      return (
        <Dialog key={`member ${overlay.name}`} title={t.personInfo}>
          <MemberSheet name={overlay.name} room={room} />
        </Dialog>
      );
    case "message":
      return room
        ? (
          <Dialog key="message" title={t.actions}>
            <MessageSheet message={overlay.message} room={room} />
          </Dialog>
        )
        : null;
    case "ask":
      return (
        <Dialog key="ask" title={overlay.title}>
          <Ask {...overlay} />
        </Dialog>
      );
  }
}
