import { renderToString } from "preact-render-to-string";
import type { Language } from "./model/languages.ts";
import { language } from "./model/settings.ts";
import { loadText, text } from "./text/text.ts";
import { Entry } from "./view/entry.tsx";
import { DEFAULT_ROOM } from "./view/route.ts";

/** The first page as a stranger's browser would draw it: it is seen before any script has come. */
export interface Prerendered {
  /** For the `lang` of the page: the browser goes on with what is drawn if it is in its language. */
  readonly tag: string;
  readonly html: string;
}

export async function prerenderEntry(tag: Language): Promise<Prerendered> {
  language.value = tag;
  await loadText();
  const html = renderToString(
    <Entry room={`#${DEFAULT_ROOM}`} onFirstInput={() => {}} onSignedIn={() => {}} />,
  );
  return { tag: text.value.tag, html };
}
