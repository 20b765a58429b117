import type { WireMessage } from "../../../protocol/events.ts";
import { verdict } from "../../../protocol/rules.ts";
import type { Room } from "../../model/room.ts";
import { text } from "../../text/text.ts";
import type { App } from "../app_context.ts";
import type { IconName } from "../icon.tsx";

export interface MessageAction {
  readonly id: "reply" | "edit" | "copy" | "link" | "remove";
  readonly icon: IconName;
  readonly label: string;
  readonly isDangerous?: boolean;
  readonly run: () => void;
}

/** What this user can do with this message: the same by mouse, keyboard and touch. */
export function messageActions(app: App, room: Room, message: WireMessage): MessageAction[] {
  const { chat, ui } = app;
  const t = text.value;
  const isMine = message.from === chat.me.value?.name;
  const actions: MessageAction[] = [{
    id: "reply",
    icon: "reply",
    label: t.reply,
    run: () => ui.mode.value = { type: "reply", message },
  }];
  if (isMine) {
    actions.push({
      id: "edit",
      icon: "edit",
      label: t.edit,
      run: () => ui.mode.value = { type: "edit", message },
    });
  }
  actions.push({
    id: "copy",
    icon: "copy",
    label: t.copyText,
    run: () => copy(app, message.content),
  }, {
    id: "link",
    icon: "link",
    label: t.copyLink,
    run: () => copy(app, linkTo(room.name.value, message.seq)),
  });
  const actor = chat.partyIn(room);
  if (isMine || verdict("delete", room.kind.value, actor) === undefined) {
    actions.push({
      id: "remove",
      icon: "remove",
      label: t.remove,
      isDangerous: true,
      run: () =>
        ui.open({
          type: "ask",
          title: t.remove,
          question: t.removeAsk,
          isDangerous: true,
          then: () =>
            chat.do<"delete">({ type: "delete", room: room.name.value, seq: message.seq }),
        }),
    });
  }
  return actions;
}

/** The address of a room, or of a message in it. */
export function linkTo(room: string, seq?: number): string {
  const url = new URL(location.href);
  url.hash = encodeURIComponent(room) + (seq === undefined ? "" : `/${seq}`);
  return url.href;
}

export async function copy(app: App, content: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(content);
  } catch {
    // Pages that came without TLS have no clipboard of their own; this older way still works.
    const area = document.createElement("textarea");
    area.value = content;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  app.chat.notify(text.value.copied);
}
