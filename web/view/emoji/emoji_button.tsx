import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { text } from "../../text/text.ts";
import { Icon } from "../icon.tsx";
import { EmojiPicker } from "./emoji_picker.tsx";

const MARGIN_PX = 8;

export interface EmojiButtonProps {
  readonly label: string;
  readonly onPick: (emoji: string) => void;
}

/** Opens the picker, whose emoji are fetched when they are first wanted. */
export function EmojiButton({ label, onPick }: EmojiButtonProps) {
  const button = useRef<HTMLButtonElement>(null);
  const popover = useRef<HTMLDivElement>(null);
  const groups = useSignal<readonly (readonly string[])[] | undefined>(undefined);

  async function open() {
    const panel = popover.current;
    const from = button.current?.getBoundingClientRect();
    if (!panel || !from) return;
    panel.showPopover();
    // Above the button where there is room, else below; always inside the page.
    const { offsetWidth: width, offsetHeight: height } = panel;
    const above = from.top - height - MARGIN_PX;
    const top = above > MARGIN_PX
      ? above
      : Math.min(from.bottom + MARGIN_PX, innerHeight - height - MARGIN_PX);
    const left = Math.max(MARGIN_PX, Math.min(from.right, innerWidth - MARGIN_PX) - width);
    panel.style.top = `${top}px`;
    panel.style.left = `${left}px`;
    groups.value ??= (await import("./emoji_data.ts")).EMOJI_GROUPS;
  }

  return (
    <>
      <button
        ref={button}
        type="button"
        class="icon-button"
        title={label}
        aria-label={label}
        aria-haspopup="dialog"
        onClick={open}
      >
        <Icon name="emoji" />
      </button>
      <div
        ref={popover}
        popover="auto"
        class="emoji-popover"
        role="dialog"
        aria-label={text.value.emoji}
      >
        {groups.value && (
          <EmojiPicker
            groups={groups.value}
            onPick={(emoji) => {
              popover.current?.hidePopover();
              onPick(emoji);
            }}
          />
        )}
      </div>
    </>
  );
}
