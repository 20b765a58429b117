import { Refusal } from "./errors.ts";
import type { Limits } from "./limits.ts";

const UTF8 = new TextEncoder();

/** Why `content` may not be said, or undefined. The same for every codec and for HTTP. */
export function refuseContent(content: string, limits: Limits): Refusal | undefined {
  const max = limits.messageBytes;
  // A UTF-16 unit is one to three bytes of UTF-8: most messages are decided without encoding.
  if (content.length * 3 > max) {
    const bytes = content.length > max ? undefined : UTF8.encode(content).length;
    if (bytes === undefined || bytes > max) {
      return new Refusal(
        "too_large",
        `content: expected at most ${max} bytes of UTF-8, got ${bytes ?? `more than ${max}`}`,
      );
    }
  }
  return isPlainText(content) ? undefined : new Refusal("bad_command", `content: ${NOT_PLAIN}`);
}

export const NOT_PLAIN = "expected text without U+0000 and without lone surrogates";

/** Text that every store gives back as it was: no U+0000, and valid when written as UTF-8. */
export function isPlainText(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}
