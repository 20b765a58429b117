import type { Chat } from "../model/chat.ts";
import type { Room } from "../model/room.ts";
import { goTo } from "../view/route.ts";
import type { Ui } from "../view/ui.ts";

/** Keys that work anywhere in the page. */
export function listenForShortcuts(chat: Chat, ui: Ui): void {
  addEventListener("keydown", (event) => {
    if (!chat.me.peek()) return;
    const command = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (command && !event.shiftKey && key === "k") toggle("switcher");
    else if (command && event.shiftKey && key === "f") toggle("search");
    else if (command && event.key === "/") toggle("help");
    else if (event.altKey && !command && (key === "arrowup" || key === "arrowdown")) {
      const room = neighbour(chat, key === "arrowup" ? -1 : 1, event.shiftKey);
      if (room) goTo(room.name.value);
    } else if (event.key === "Escape" && !event.defaultPrevented && !ui.overlay.peek()) {
      const room = chat.current.peek();
      if (room) room.divider.value = undefined;
      ui.composer?.focus();
      return;
    } else {
      // Who begins to type means the composer, wherever the focus is.
      if (isTyping(event) && !ui.overlay.peek()) ui.composer?.focus();
      return;
    }
    event.preventDefault();
  });

  function toggle(type: "switcher" | "search" | "help"): void {
    if (ui.overlay.peek()?.type === type) ui.close();
    else ui.open({ type });
  }
}

/** A character that the element with the focus does nothing with. */
function isTyping({ key, target, ctrlKey, metaKey, altKey, defaultPrevented }: KeyboardEvent) {
  if ([...key].length !== 1 || key === " " || ctrlKey || metaKey || altKey) return false;
  if (defaultPrevented || !(target instanceof HTMLElement)) return false;
  return !target.isContentEditable && !target.closest("input, textarea, select, [popover]");
}

const ORDER = { public: 0, group: 1, direct: 2 };

/** The room before or after this one, as the list shows them. */
function neighbour(chat: Chat, step: 1 | -1, onlyUnread: boolean): Room | undefined {
  const current = chat.current.peek();
  const rooms = [...chat.rooms.peek().values()].sort((a, b) =>
    ORDER[a.kind.peek()] - ORDER[b.kind.peek()] || a.label.peek().localeCompare(b.label.peek())
  );
  const from = current ? rooms.indexOf(current) : -1;
  for (let i = 1; i <= rooms.length; i++) {
    const room = rooms[(from + step * i + rooms.length * 2) % rooms.length];
    if (room && room !== current && (!onlyUnread || room.unreadCount.peek() > 0)) return room;
  }
  return undefined;
}
