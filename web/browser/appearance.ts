import { effect } from "@preact/signals";
import { theme } from "../model/settings.ts";
import { text } from "../text/text.ts";
import { media } from "./media.ts";

/** The browser's own frame takes the colour of the page's head. */
const FRAME = { light: "#ffffff", dark: "#16181d" } as const;

/** Keeps the document's theme, language and direction as chosen. */
export function watchAppearance(): void {
  const isDark = media("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  effect(() => {
    const shown = theme.value === "system" ? (isDark.value ? "dark" : "light") : theme.value;
    root.dataset["theme"] = shown;
    document.querySelector("meta[name=theme-color]")?.setAttribute("content", FRAME[shown]);
  });
  effect(() => {
    root.lang = text.value.tag;
    root.dir = text.value.dir;
  });
}
