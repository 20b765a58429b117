import { text } from "../../text/text.ts";
import { useApp } from "../app_context.ts";
import type { OverlayOf } from "../ui.ts";

/** Asks before something that cannot be taken back, or that others notice. */
export function Ask({ title, question, isDangerous, then }: OverlayOf<"ask">) {
  const { ui } = useApp();
  return (
    <div class="stack">
      <p>{question}</p>
      <div class="buttons">
        <button type="button" class="plain" autoFocus onClick={() => ui.close()}>
          {text.value.cancel}
        </button>
        <button
          type="button"
          class={isDangerous ? "primary danger" : "primary"}
          onClick={() => {
            ui.close();
            then();
          }}
        >
          {title}
        </button>
      </div>
    </div>
  );
}
