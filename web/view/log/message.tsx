import type { WireMessage } from "../../../protocol/events.ts";
import { Markdown } from "../../markdown/markdown.tsx";
import { useLongPress } from "../../browser/long_press.ts";
import { isOnlyEmoji } from "../../markdown/inline.ts";
import { mentions } from "../../model/mentions.ts";
import type { Room } from "../../model/room.ts";
import { text } from "../../text/text.ts";
import { clockTime, fullTime } from "../../text/time.ts";
import { useApp } from "../app_context.ts";
import { Avatar } from "../avatar.tsx";
import { MessageTools } from "./message_tools.tsx";
import { Quoted } from "./quoted.tsx";
import { Reactions } from "./reactions.tsx";

export interface MessageProps {
  readonly message: WireMessage;
  readonly isHead: boolean;
  readonly itemKey: string;
  readonly isActive: boolean;
  readonly room: Room;
  readonly activate: (key: string | undefined) => void;
}

export function Message(props: MessageProps) {
  const { message, isHead, itemKey, isActive, room, activate } = props;
  const { chat, ui } = useApp();
  const t = text.value;
  const me = chat.me.value?.name ?? "";
  const isMine = message.from === me;
  const isAtMe = !isMine && mentions(message.content, me);
  const openMember = () => ui.open({ type: "member", name: message.from });
  const press = useLongPress(() => {
    if (!message.deleted) ui.open({ type: "message", message });
  });
  return (
    <article
      class={`message${isHead ? " head" : ""}${isAtMe ? " at-me" : ""}`}
      data-key={itemKey}
      data-seq={message.seq}
      tabIndex={-1}
      aria-label={t.messageFrom(message.from)}
      onMouseEnter={() => activate(itemKey)}
      onFocusCapture={() => activate(itemKey)}
      {...press}
    >
      {message.reply !== undefined && <Quoted seq={message.reply} room={room} />}
      {isHead
        ? (
          <button
            type="button"
            class="avatar-button"
            tabIndex={-1}
            aria-hidden="true"
            onClick={openMember}
          >
            <Avatar name={message.from} />
          </button>
        )
        : <time class="side-time" aria-hidden="true">{clockTime(message.at)}</time>}
      {isHead && (
        <div class="message-head">
          <button type="button" class="sender" dir="auto" tabIndex={-1} onClick={openMember}>
            {message.from}
          </button>
          <time
            class="meta"
            dateTime={new Date(message.at).toISOString()}
            title={fullTime(message.at)}
          >
            {clockTime(message.at)}
          </time>
        </div>
      )}
      {message.deleted
        ? <div class="body deleted">{t.deletedMessage}</div>
        : (
          <div class={isOnlyEmoji(message.content) ? "body large" : "body"} dir="auto">
            <Markdown
              text={message.content}
              context={{ me, onMention: (name) => ui.open({ type: "member", name }) }}
            />
            {message.edited !== undefined && (
              <span class="meta trailing edited" title={fullTime(message.edited)}>
                ({t.edited})
              </span>
            )}
          </div>
        )}
      {message.reactions && <Reactions message={message} room={room} />}
      {isMine && room.kind.value === "direct" && room.peerRead.value >= message.seq &&
        room.newestMessage === message.seq && <span class="meta read-mark">✓ {t.readBy}</span>}
      {isActive && !message.deleted && <MessageTools message={message} room={room} />}
    </article>
  );
}
