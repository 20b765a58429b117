import { createHash } from "node:crypto";
import type { StaticFiles } from "./static.ts";

/** As the build writes it (web/publish.ts): an element with anything more to it is not let in. */
const STYLE = /<style>(.*?)<\/style>/gs;

/**
 * The styles that pages of the server's own bring along, as sources for `style-src`: the SHA-256 of
 * each one's text, which lets in that text and no other (CSP 3, section 2.3.1, `hash-source`). Read
 * from the pages themselves, so that a page and its policy cannot part.
 */
export function inlineStyles({ files }: StaticFiles): readonly string[] {
  const sources = new Set<string>();
  for (const { name, bytes } of files.values()) {
    if (!name.endsWith(".html")) continue;
    for (const [, style = ""] of new TextDecoder().decode(bytes).matchAll(STYLE)) {
      sources.add(`'sha256-${createHash("sha256").update(style).digest("base64")}'`);
    }
  }
  return [...sources];
}
