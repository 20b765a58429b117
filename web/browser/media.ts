import { type Signal, signal } from "@preact/signals";

/** Whether a media query holds, as it changes. */
export function media(query: string): Signal<boolean> {
  const list = matchMedia(query);
  const matches = signal(list.matches);
  list.addEventListener("change", () => matches.value = list.matches);
  return matches;
}
