import type { Signal } from "@preact/signals";
import { signal } from "@preact/signals";
import { read, write } from "../../model/storage.ts";

const KEY = "hubbub:draft:";
/** Typing does not write to the storage more often than this. */
const SAVE_AFTER_MS = 300;

const drafts = new Map<string, Signal<string>>();
const timers = new Map<string, ReturnType<typeof setTimeout>>();
const isString = (value: unknown): value is string => typeof value === "string";

/** What is being written in a room; kept over a reload and shared with the other tabs. */
export function draftOf(room: string): Signal<string> {
  let draft = drafts.get(room);
  if (!draft) {
    draft = signal(read(KEY + room, isString, ""));
    drafts.set(room, draft);
  }
  return draft;
}

export function setDraft(room: string, content: string): void {
  draftOf(room).value = content;
  clearTimeout(timers.get(room));
  timers.set(room, setTimeout(() => saveDraft(room), SAVE_AFTER_MS));
}

/** Writes at once; for when the page may go away. */
export function saveDrafts(): void {
  for (const room of timers.keys()) saveDraft(room);
}

function saveDraft(room: string): void {
  clearTimeout(timers.get(room));
  timers.delete(room);
  write(KEY + room, draftOf(room).value || undefined);
}

/** A `storage` event of another tab. What is being typed here stays. */
export function draftsChanged(key: string | null): void {
  if (!key?.startsWith(KEY)) return;
  const room = key.slice(KEY.length);
  if (!timers.has(room)) draftOf(room).value = read(key, isString, "");
}
