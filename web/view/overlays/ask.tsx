import { text } from "../../text/text.ts";
import { useApp } from "../app_context.ts";

/** Asks before something that cannot be taken back. */
export function Ask({ question, then }: { question: string; then: () => void }) {
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
          class="primary danger"
          onClick={() => {
            ui.close();
            then();
          }}
        >
          {text.value.confirm}
        </button>
      </div>
    </div>
  );
}
