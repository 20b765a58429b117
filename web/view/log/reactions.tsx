import type { WireMessage } from "../../../protocol/events.ts";
import type { Room } from "../../model/room.ts";
import { text } from "../../text/text.ts";
import { listOf } from "../../text/time.ts";
import { useApp } from "../app_context.ts";

/** Who reacted with what; a click adds or takes back mine. */
export function Reactions({ message, room }: { message: WireMessage; room: Room }) {
  const { chat } = useApp();
  const me = chat.me.value?.name ?? "";
  return (
    <div class="reactions">
      {Object.entries(message.reactions ?? {}).map(([emoji, names]) => {
        const isOn = names.includes(me);
        return (
          <button
            key={emoji}
            type="button"
            aria-pressed={isOn}
            title={listOf(names)}
            aria-label={text.value.reactionBy(`${emoji} ${names.length}`, listOf(names))}
            onClick={() =>
              chat.do<"react">({
                type: "react",
                room: room.name.value,
                seq: message.seq,
                emoji,
                on: !isOn,
              })}
          >
            {emoji} <span>{names.length}</span>
          </button>
        );
      })}
    </div>
  );
}
