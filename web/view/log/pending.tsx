import type { Outgoing } from "../../connection/outbox.ts";
import { Markdown } from "../../markdown/markdown.tsx";
import { explain, text } from "../../text/text.ts";
import { useApp } from "../app_context.ts";
import { Avatar } from "../avatar.tsx";

export interface PendingProps {
  readonly entry: Outgoing;
  readonly isHead: boolean;
  readonly itemKey: string;
}

/** A message of mine that the server has not taken yet, or has refused. */
export function Pending({ entry, isHead, itemKey }: PendingProps) {
  const { chat } = useApp();
  const t = text.value;
  const me = chat.me.value?.name ?? "";
  const { failed } = entry;
  return (
    <article
      class={`message${isHead ? " head" : ""}${failed ? " failed" : " pending"}`}
      data-key={itemKey}
      tabIndex={-1}
    >
      {isHead && <Avatar name={me} />}
      {isHead && (
        <div class="message-head">
          <b dir="auto">{me}</b>
          {!failed && <span class="meta sending">{t.sending}</span>}
        </div>
      )}
      <div class="body" dir="auto">
        <Markdown text={entry.content} context={{ me, onMention: () => {} }} />
        {!isHead && !failed && <span class="meta trailing sending">{t.sending}</span>}
      </div>
      {failed && (
        <div class="failure" role="alert">
          <span>{t.notSent}: {explain(failed)}</span>
          <span class="failure-buttons">
            <button type="button" onClick={() => chat.connection.outgoing.retry(entry.key)}>
              {t.retry}
            </button>
            <button type="button" onClick={() => chat.connection.outgoing.discard(entry.key)}>
              {t.discard}
            </button>
          </span>
        </div>
      )}
    </article>
  );
}
