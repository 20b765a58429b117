import { Refusal } from "../protocol/errors.ts";

/**
 * Guards every text on its way in. SQLite cuts a text at U+0000 when it is read back and turns a
 * lone surrogate into U+FFFD; the edge refuses both, so this is only met by a mistake of ours.
 */
export function storable(text: string): string {
  if (isStorable(text)) return text;
  throw new Refusal("bad_command", UNSTORABLE);
}

export const UNSTORABLE = "a text must be well-formed Unicode without U+0000";

export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}
