import { effect } from "@preact/signals";
import { theme } from "../model/settings.ts";
import { FRAMES, type Theme } from "../model/themes.ts";
import { text } from "../text/text.ts";
import { media } from "./media.ts";

const YEAR_S = 365 * 24 * 3600;

/** Keeps the document's theme, language and direction as chosen. */
export function watchAppearance(): void {
  const isDark = media("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  effect(() => {
    const shown = theme.value === "system" ? (isDark.value ? "dark" : "light") : theme.value;
    root.dataset["theme"] = shown;
    document.querySelector("meta[name=theme-color]")?.setAttribute("content", FRAMES[shown]);
  });
  effect(() => tellServer(theme.value));
  effect(() => {
    root.lang = text.value.tag;
    root.dir = text.value.dir;
  });
}

/**
 * By a cookie, so that the next page comes in the chosen theme and does not flash in the other one
 * until its script runs (http/front_page.ts). All ports of a host share it.
 */
function tellServer(theme: Theme): void {
  const maxAgeS = theme === "system" ? 0 : YEAR_S;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `hubbub-theme=${theme}; path=/; max-age=${maxAgeS}; samesite=lax${secure}`;
}
