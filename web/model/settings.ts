import { effect, type Signal, signal } from "@preact/signals";
import { type Language, LANGUAGES } from "./languages.ts";
import { read, write } from "./storage.ts";
import { THEMES } from "./themes.ts";

const KEY = "hubbub:settings:";
const refreshers = new Map<string, () => void>();

/** A signal that is kept in the browser and follows the other tabs. */
function kept<T>(name: string, isValid: (value: unknown) => value is T, fallback: T): Signal<T> {
  const setting = signal(read(KEY + name, isValid, fallback));
  let stored = setting.value;
  effect(() => {
    if (setting.value !== stored) write(KEY + name, stored = setting.value);
  });
  refreshers.set(KEY + name, () => {
    setting.value = stored = read(KEY + name, isValid, fallback);
  });
  return setting;
}

function oneOf<T>(values: readonly T[]): (value: unknown) => value is T {
  return (value): value is T => values.some((known) => known === value);
}
const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";

const browserLanguage: Language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";

export const theme = kept("theme", oneOf(THEMES), "system");
export const language = kept("language", oneOf(LANGUAGES), browserLanguage);
export const notifications = kept("notifications", isBoolean, false);
export const sound = kept("sound", isBoolean, false);

/** A `storage` event of another tab. */
export function settingsChanged(key: string | null): void {
  if (key === null) { for (const refresh of refreshers.values()) refresh(); }
  else refreshers.get(key)?.();
}
