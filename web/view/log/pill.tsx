import type { Room } from "../../model/room.ts";
import { text } from "../../text/text.ts";

/** The way back to the end; says what has come there meanwhile. */
export function Pill({ room, onClick }: { room: Room; onClick: () => void }) {
  const t = text.value;
  // At the end everything is read at once: what is unread has come since.
  const arrived = room.unreadCount.value;
  return (
    <button
      type="button"
      class={arrived > 0 ? "pill" : "pill quiet"}
      aria-label={arrived > 0 ? t.newMessages(arrived) : t.toNewest}
      onClick={onClick}
    >
      <span aria-hidden="true">↓</span>
      {arrived > 0 && t.newMessages(arrived)}
    </button>
  );
}
