import { text } from "../../text/text.ts";
import { Icon } from "../icon.tsx";
import type { ComposerMode } from "../ui.ts";

/** Over the composer: what is being answered or edited. */
export function ModeBar({ mode, onCancel }: { mode: ComposerMode; onCancel: () => void }) {
  const t = text.value;
  return (
    <div class="mode-bar">
      <Icon name={mode.type === "reply" ? "reply" : "edit"} />
      <b>{mode.type === "reply" ? t.replyTo(mode.message.from) : t.editing}</b>
      <span class="mode-text" dir="auto">{mode.message.content}</span>
      <button
        type="button"
        class="icon-button"
        aria-label={t.cancel}
        title={t.cancel}
        onClick={onCancel}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}
