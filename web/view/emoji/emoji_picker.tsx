import { useLayoutEffect, useRef } from "preact/hooks";
import { text } from "../../text/text.ts";

/** As many as the style sheet puts side by side; each group fills its rows. */
const COLUMNS = 8;
const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  ArrowUp: -COLUMNS,
  ArrowDown: COLUMNS,
};

export interface EmojiPickerProps {
  readonly groups: readonly (readonly string[])[];
  readonly onPick: (emoji: string) => void;
}

/** The arrow keys go through it, Enter takes one; for Tab it is one stop. */
export function EmojiPicker({ groups, onPick }: EmojiPickerProps) {
  const picker = useRef<HTMLDivElement>(null);
  const buttons = () => [...picker.current?.querySelectorAll("button") ?? []];
  useLayoutEffect(() => buttons()[0]?.focus(), []);

  function onKeyDown(event: KeyboardEvent) {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const all = buttons();
    const at = all.findIndex((button) => button === document.activeElement);
    all[at + step]?.focus();
  }

  return (
    <div
      ref={picker}
      class="emoji-picker"
      role="group"
      aria-label={text.value.emoji}
      onKeyDown={onKeyDown}
    >
      {groups.map((group, row) => (
        <div key={group[0]} class="emoji-group">
          {group.map((emoji, at) => (
            <button
              key={emoji}
              type="button"
              tabIndex={row === 0 && at === 0 ? 0 : -1}
              onClick={() => onPick(emoji)}
            >
              {emoji}
            </button>
          ))}
        </div>
      ))}
    </div>
  );
}
