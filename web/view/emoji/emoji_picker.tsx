import { text } from "../../text/text.ts";

export interface EmojiPickerProps {
  readonly groups: readonly (readonly string[])[];
  readonly onPick: (emoji: string) => void;
}

export function EmojiPicker({ groups, onPick }: EmojiPickerProps) {
  return (
    <div class="emoji-picker" role="group" aria-label={text.value.emoji}>
      {groups.map((group) => (
        <div key={group[0]} class="emoji-group">
          {group.map((emoji) => (
            <button key={emoji} type="button" onClick={() => onPick(emoji)}>{emoji}</button>
          ))}
        </div>
      ))}
    </div>
  );
}
