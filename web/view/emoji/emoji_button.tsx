import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { text } from "../../text/text.ts";
import { Icon } from "../icon.tsx";
import { EmojiPicker } from "./emoji_picker.tsx";

const WIDTH_PX = 320;
const HEIGHT_PX = 300;
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
    // Above the button where there is room, else below; always inside the page.
    const above = from.top - HEIGHT_PX - MARGIN_PX;
    const top = above > MARGIN_PX
      ? above
      : Math.min(from.bottom + MARGIN_PX, innerHeight - HEIGHT_PX - MARGIN_PX);
    const left = Math.max(MARGIN_PX, Math.min(from.right, innerWidth - MARGIN_PX) - WIDTH_PX);
    panel.style.top = `${top}px`;
    panel.style.left = `${left}px`;
    panel.showPopover();
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
