import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import type { Token } from "./highlight.ts";

type Highlighting = typeof import("./highlight.ts");

/** Undefined until somebody shows code in a language, or when it could not be fetched. */
const highlighting = signal<Highlighting | undefined>(undefined);
let fetching: Promise<void> | undefined;

function fetchHighlighting(): void {
  fetching ??= import("./highlight.ts").then(
    (module) => {
      highlighting.value = module;
    },
    // Plain until the next block asks again.
    () => {
      fetching = undefined;
    },
  );
}

/** A block of code: plain at first, in colours once these are here. Its size is the same. */
export function CodeBlock({ language, text }: { language: string; text: string }) {
  useEffect(() => {
    if (language !== "" && !highlighting.peek()) fetchHighlighting();
  }, [language]);
  const { highlight } = highlighting.value ?? {};
  const shown = useMemo(() => language === "" ? undefined : highlight?.(language, text), [
    highlight,
    language,
    text,
  ]);
  return <pre tabIndex={0}><code>{shown ? coloured(shown) : text}</code></pre>;
}

function coloured(tokens: readonly Token[]): ComponentChildren {
  return tokens.map(({ text, type }, at) =>
    type === undefined ? text : <span key={at} class={`code-${type}`}>{text}</span>
  );
}
