import { useEffect } from "preact/hooks";
import { explain, text } from "../text/text.ts";
import { useApp } from "./app_context.ts";
import { Icon } from "./icon.tsx";

const SHOWN_MS = 5_000;

/** Short news at the edge of the page; they go by themselves. */
export function Notices() {
  const { chat } = useApp();
  const notices = chat.notices.value;
  const oldest = notices[0];
  useEffect(() => {
    if (!oldest) return;
    const timer = setTimeout(() => chat.dismiss(oldest.id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [oldest]);
  return (
    <div class="notices" role="status">
      {notices.map(({ id, text: notice }) => (
        <div key={id} class="notice">
          <span dir="auto">{explain(notice)}</span>
          <button
            type="button"
            class="icon-button small"
            aria-label={text.value.dismiss}
            onClick={() => chat.dismiss(id)}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
