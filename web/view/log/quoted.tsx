import type { Room } from "../../model/room.ts";
import { text } from "../../text/text.ts";
import { useApp } from "../app_context.ts";
import { Icon } from "../icon.tsx";

/** The message that another one answers, in one line; it leads there. */
export function Quoted({ seq, room }: { seq: number; room: Room }) {
  const { ui } = useApp();
  const original = room.log.message(seq);
  return (
    <button
      type="button"
      class="quoted"
      tabIndex={-1}
      title={text.value.jumpToMessage}
      onClick={() => ui.target.value = { room: room.key, seq }}
    >
      <Icon name="reply" />
      {original && <b dir="auto">{original.from}</b>}
      <span dir="auto">
        {original ? original.content || text.value.deletedMessage : text.value.replyMissing}
      </span>
    </button>
  );
}
