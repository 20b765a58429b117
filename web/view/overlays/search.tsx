import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ReplyOf } from "../../../protocol/events.ts";
import { roomKey } from "../../connection/room_key.ts";
import { Markdown } from "../../markdown/markdown.tsx";
import { text } from "../../text/text.ts";
import { clockTime, dayName } from "../../text/time.ts";
import { useApp } from "../app_context.ts";
import { goTo } from "../route.ts";

/** Typing is over when nothing came for this long. */
const SETTLE_MS = 250;
const PAGE = 30;

type Results = ReplyOf<"results">;

/** Looks for messages, in this room or wherever I may read. */
export function Search() {
  const { chat, ui } = useApp();
  const t = text.value;
  const query = useSignal("");
  const isHere = useSignal(true);
  const results = useSignal<Results | undefined>(undefined);
  const room = chat.current.value;
  const me = chat.me.value?.name ?? "";

  async function fetch(before?: number): Promise<Results | undefined> {
    return await chat.do<"search">({
      type: "search",
      query: query.value.trim(),
      limit: PAGE,
      ...(isHere.value && room ? { room: room.name.value } : {}),
      ...(before === undefined ? {} : { before }),
    });
  }

  useEffect(() => {
    if (query.value.trim() === "") {
      results.value = undefined;
      return;
    }
    let isStale = false;
    const timer = setTimeout(async () => {
      const found = await fetch();
      if (!isStale && found) results.value = found;
    }, SETTLE_MS);
    return () => {
      isStale = true;
      clearTimeout(timer);
    };
  }, [query.value, isHere.value]);

  async function more() {
    const before = results.value;
    const page = await fetch(before?.next);
    if (!page || !before || results.value !== before) return;
    results.value = { ...page, messages: [...before.messages, ...page.messages] };
  }

  return (
    <div class="stack search">
      <input
        type="search"
        class="search-input"
        autoFocus
        dir="auto"
        maxLength={200}
        aria-label={t.search}
        placeholder={t.searchPlaceholder}
        value={query}
        onInput={(event) => query.value = event.currentTarget.value}
      />
      {room && (
        <label class="check">
          <input
            type="checkbox"
            checked={isHere}
            onChange={(event) => isHere.value = event.currentTarget.checked}
          />
          {t.searchHere}
        </label>
      )}
      <div role="status">
        {!results.value && <p class="hint">{t.searchHint}</p>}
        {results.value?.messages.length === 0 && (
          <p class="hint">{results.value.more ? t.searchNothingYet : t.searchNothing}</p>
        )}
      </div>
      <ul class="results">
        {results.value?.messages.map((message) => (
          <li key={message.id}>
            <button
              type="button"
              class="result-head"
              onClick={() => {
                ui.close();
                goTo(message.room);
                ui.target.value = { room: roomKey(message.room), seq: message.seq };
              }}
            >
              <b dir="auto">{message.from}</b>
              <span class="meta">
                {!isHere.value && `${message.room} · `}
                {dayName(message.at)} {clockTime(message.at)}
              </span>
            </button>
            <div class="body" dir="auto" inert>
              <Markdown text={message.content} context={{ me, onMention: () => {} }} />
            </div>
          </li>
        ))}
      </ul>
      {results.value?.more && (
        <button type="button" class="plain" onClick={more}>{t.searchMore}</button>
      )}
    </div>
  );
}
