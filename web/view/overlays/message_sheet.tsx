import type { WireMessage } from "../../../protocol/events.ts";
import type { Room } from "../../model/room.ts";
import { text } from "../../text/text.ts";
import { useApp } from "../app_context.ts";
import { EmojiButton } from "../emoji/emoji_button.tsx";
import { Icon } from "../icon.tsx";
import { messageActions } from "../log/message_actions.ts";

const QUICK = ["👍", "❤️", "😂", "🎉", "😢", "👀"];

/** What can be done with a message, for fingers. */
export function MessageSheet({ message, room }: { message: WireMessage; room: Room }) {
  const app = useApp();
  const then = (run: () => void) => () => {
    app.ui.close();
    run();
  };
  const react = (emoji: string) => {
    const { seq } = message;
    void app.chat.do<"react">({ type: "react", room: room.name.value, seq, emoji, on: true });
  };
  return (
    <div class="stack">
      <div class="quick-reactions">
        {QUICK.map((emoji) => (
          <button key={emoji} type="button" onClick={then(() => react(emoji))}>{emoji}</button>
        ))}
        <EmojiButton label={text.value.more} onPick={(emoji) => then(() => react(emoji))()} />
      </div>
      <ul class="choices">
        {messageActions(app, room, message).map(({ id, icon, label, isDangerous, run }) => (
          <li key={id}>
            <button type="button" class={isDangerous ? "dangerous" : ""} onClick={then(run)}>
              <Icon name={icon} />
              {label}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
