import { computed, effect, signal } from "@preact/signals";
import type { Notice } from "../model/chat.ts";
import type { Language } from "../model/languages.ts";
import { language } from "../model/settings.ts";
import { en, type Text } from "./en.ts";

/** How each language calls itself. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: "English", zh: "中文" };

/** Those that are here; English always is, the others are fetched when they are chosen. */
const loaded = signal<Partial<Record<Language, Text>>>({ en });

/** The page's words in the chosen language. */
export const text = computed<Text>(() => loaded.value[language.value] ?? en);

async function load(tag: Language): Promise<void> {
  if (loaded.peek()[tag] || tag === "en") return;
  try {
    const { zh } = await import("./zh.ts");
    loaded.value = { ...loaded.peek(), zh };
  } catch {
    // The server is away: English until the next try, at the next start.
  }
}

/** Resolves when the chosen language is here, so that nothing is shown in another one first. */
export function loadText(): Promise<void> {
  effect(() => void load(language.value));
  return load(language.peek());
}

/** What went wrong, in the reader's language where the code is known. */
export function explain(notice: Notice): string {
  if (typeof notice === "string") return notice;
  return text.value.errors[notice.code] ?? (notice.message || notice.code);
}
