import type { WireMessage } from "../../../protocol/events.ts";
import type { Room } from "../../model/room.ts";
import { text } from "../../text/text.ts";
import { useApp } from "../app_context.ts";
import { Icon } from "../icon.tsx";
import { EmojiButton } from "../emoji/emoji_button.tsx";
import { messageActions } from "./message_actions.ts";

/** The bar over the message that the pointer or the focus is on. */
export function MessageTools({ message, room }: { message: WireMessage; room: Room }) {
  const app = useApp();
  return (
    <div class="tools" role="toolbar" aria-label={text.value.actions}>
      <EmojiButton
        label={text.value.react}
        onPick={(emoji) =>
          app.chat.do<"react">({
            type: "react",
            room: room.name.value,
            seq: message.seq,
            emoji,
            on: true,
          })}
      />
      {messageActions(app, room, message).map(({ id, icon, label, run }) => (
        <button
          key={id}
          type="button"
          class="icon-button"
          title={label}
          aria-label={label}
          onClick={run}
        >
          <Icon name={icon} />
        </button>
      ))}
    </div>
  );
}
