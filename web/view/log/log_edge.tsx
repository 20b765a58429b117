import type { Room } from "../../model/room.ts";
import { explain, text } from "../../text/text.ts";
import { useApp } from "../app_context.ts";

/** What stands above the oldest row: the beginning, that more is being fetched, or why nothing is. */
export function LogEdge({ room, isAtStart }: { room: Room; isAtStart: boolean }) {
  const { chat } = useApp();
  const t = text.value;
  const trouble = room.trouble.value;
  if (trouble) {
    // To enter a group that has ended would make a public room of its name.
    const isOver = room.kind.value === "group" && trouble.code === "no_such_room";
    return (
      <div class="log-edge blank">
        <strong>{t.noAccess}</strong>
        <span>{explain(trouble)}</span>
        {!isOver && (
          <button type="button" class="plain" onClick={() => chat.join(room)}>{t.retry}</button>
        )}
      </div>
    );
  }
  if (!room.isLoaded.value) {
    return (
      <div class="log-edge blank">
        <span class="spinner" aria-hidden="true" />
        {t.loading}
      </div>
    );
  }
  room.log.version.value;
  const peer = room.peer.value;
  if (isAtStart) {
    return (
      <div class={room.log.rows.length === 0 ? "log-edge blank" : "log-edge"}>
        <strong>{peer ? t.beginningDirect(peer) : t.beginning(room.heading.value)}</strong>
        {room.log.rows.length === 0 && <span>{t.emptyRoom}</span>}
      </div>
    );
  }
  return <div class="log-edge" aria-hidden="true">{t.loading}</div>;
}
