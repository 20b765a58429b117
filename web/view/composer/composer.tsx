import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Room } from "../../model/room.ts";
import { text } from "../../text/text.ts";
import { useApp } from "../app_context.ts";
import { EmojiButton } from "../emoji/emoji_button.tsx";
import { Icon } from "../icon.tsx";
import { complete, type Completion } from "./completion.ts";
import { Composing } from "./composing.ts";
import { ModeBar } from "./mode_bar.tsx";
import { submit } from "./submit.ts";

/** Others are told at most this often that I am writing; they believe it for 5 s. */
const TYPING_EVERY_MS = 3_000;
const UTF8 = new TextEncoder();

/** A completion that pressing Tab again goes on with. */
interface Cycle extends Completion {
  /** The whole text after the last one: typing on ends it. */
  readonly shown: string;
  readonly at: number;
}

export function Composer({ room }: { room: Room }) {
  const app = useApp();
  const { chat, ui, drafts } = app;
  const t = text.value;
  const area = useRef<HTMLTextAreaElement>(null);
  const composing = useRef(new Composing());
  const cycle = useRef<Cycle | undefined>(undefined);
  const typingSentAt = useRef(0);
  const editText = useSignal("");
  const mode = ui.mode.value;
  const isEditing = mode?.type === "edit";
  const content = isEditing ? editText.value : drafts.of(room.key).value;
  const over = UTF8.encode(content).length - chat.messageBytes.value;
  const set = (value: string) => {
    if (isEditing) editText.value = value;
    else drafts.set(room.key, value);
  };

  useEffect(() => () => void (ui.mode.value = undefined), [room]);
  useEffect(() => {
    ui.composer = area.current ?? undefined;
    return () => void (ui.composer = undefined);
  }, []);
  // Before it is painted: who sees that the box is for an answer has the keys there, Escape too.
  useLayoutEffect(() => {
    if (mode?.type === "edit") editText.value = mode.text ?? mode.message.content;
    if (mode) area.current?.focus();
  }, [mode]);
  useEffect(() => {
    if (!ui.isNarrow.peek()) area.current?.focus({ preventScroll: true });
  }, [room]);
  useLayoutEffect(() => fit(area.current), [content, room]);
  useEffect(() => {
    const box = area.current;
    if (!box) return;
    let width = box.clientWidth;
    // Its height, which is set here, is no reason to set it again.
    const resizes = new ResizeObserver(() => {
      if (box.clientWidth === width) return;
      width = box.clientWidth;
      fit(box);
    });
    resizes.observe(box);
    return () => resizes.disconnect();
  }, []);
  useSignalEffect(() => {
    const wanted = ui.insert.value;
    if (!wanted) return;
    ui.insert.value = undefined;
    insert(wanted.text);
  });

  /** Through the browser's own editing where it can, so that undo knows of it. */
  function insert(addition: string, from?: number) {
    const box = area.current;
    if (!box) return;
    box.focus();
    if (from !== undefined) box.setSelectionRange(from, box.selectionEnd);
    if (!document.execCommand("insertText", false, addition)) {
      box.setRangeText(addition, box.selectionStart, box.selectionEnd, "end");
      set(box.value);
    }
  }

  function send() {
    if (over > 0 || !submit(app, room, mode, content)) return;
    if (!isEditing) drafts.set(room.key, "");
    ui.mode.value = undefined;
    cycle.current = undefined;
    typingSentAt.current = 0;
    area.current?.focus();
  }

  function tab(box: HTMLTextAreaElement): boolean {
    const last = cycle.current;
    if (last && box.value === last.shown) {
      const at = (last.at + 1) % last.candidates.length;
      insert(last.candidates[at]!, last.from);
      cycle.current = { ...last, at, shown: box.value };
      return true;
    }
    const people = new Set([...room.members.value.keys(), ...recentSenders(room)]);
    people.delete(chat.me.value?.name ?? "");
    const rooms = [...chat.rooms.value.values()].filter((r) => r.kind.value !== "direct");
    const found = complete(
      box.value,
      box.selectionStart,
      [...people],
      rooms.map((r) => r.name.value),
    );
    if (!found) return false;
    insert(found.candidates[0]!, found.from);
    cycle.current = { ...found, at: 0, shown: box.value };
    return true;
  }

  function onKeyDown(event: KeyboardEvent & { currentTarget: HTMLTextAreaElement }) {
    const box = event.currentTarget;
    if (composing.current.owns(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      send();
    } else if (event.key === "Tab" && !event.shiftKey && !event.ctrlKey) {
      if (tab(box)) event.preventDefault();
    } else if (event.key === "ArrowUp" && content === "" && !mode) {
      const mine = room.log.rows.findLast((row) =>
        row.type === "message" && row.from === chat.me.value?.name && !row.deleted
      );
      if (mine?.type !== "message") return;
      event.preventDefault();
      ui.mode.value = { type: "edit", message: mine };
    } else if (event.key === "Escape" && mode) {
      event.stopPropagation();
      ui.mode.value = undefined;
    }
  }

  function onInput(event: InputEvent & { currentTarget: HTMLTextAreaElement }) {
    set(event.currentTarget.value);
    const now = Date.now();
    if (
      !isEditing && event.currentTarget.value !== "" && now - typingSentAt.current > TYPING_EVERY_MS
    ) {
      typingSentAt.current = now;
      chat.connection.tell({ type: "typing", room: room.name.value });
    }
  }

  const label = t.messageTo(room.heading.value);
  return (
    <div class="composer-area">
      {mode && <ModeBar mode={mode} onCancel={() => ui.mode.value = undefined} />}
      <form
        class="composer"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <textarea
          ref={area}
          rows={1}
          dir="auto"
          aria-label={label}
          placeholder={label}
          value={content}
          enterkeyhint="send"
          onKeyDown={onKeyDown}
          onInput={onInput}
          onCompositionEnd={() => composing.current.ended()}
        />
        {over > 0 && <span class="over" role="status">{t.tooLong(over)}</span>}
        <EmojiButton label={t.emoji} onPick={(emoji) => insert(emoji)} />
        <button
          class="icon-button send"
          type="submit"
          aria-label={isEditing ? t.save : t.send}
          title={isEditing ? t.save : t.send}
          disabled={content.trim() === "" || over > 0}
        >
          <Icon name={isEditing ? "check" : "send"} />
        </button>
      </form>
    </div>
  );
}

/** Makes the box as high as what is written in it; the style sheet knows how high at most. */
function fit(box: HTMLTextAreaElement | null): void {
  if (!box) return;
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}

/** Who spoke lately, also when no longer here. */
function recentSenders(room: Room): string[] {
  return room.log.rows.slice(-100).map((row) => row.from);
}
