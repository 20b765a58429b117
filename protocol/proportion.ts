import { JSON_DEPTH_MAX, JSON_VALUES_MAX } from "./limits.ts";

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c;
const BRACE = 0x7b, BRACE_END = 0x7d, BRACKET = 0x5b, BRACKET_END = 0x5d;

/** A shorter line cannot hold enough values to be a burden; only its nesting is looked at. */
const WALK_FROM_CHARS = 2048;

/**
 * Whether a line nests deeper than JSON_DEPTH_MAX or holds more values than JSON_VALUES_MAX, decided
 * before JSON.parse spends time and stack on it. Counting openings decides nearly always; only long
 * lines and those with many openings are walked.
 */
export function isOutOfProportion(line: string): boolean {
  if (line.length > WALK_FROM_CHARS) return walk(line);
  let openings = 0;
  for (let at = line.indexOf("{"); at >= 0; at = line.indexOf("{", at + 1)) {
    if (++openings > JSON_DEPTH_MAX) return walk(line);
  }
  for (let at = line.indexOf("["); at >= 0; at = line.indexOf("[", at + 1)) {
    if (++openings > JSON_DEPTH_MAX) return walk(line);
  }
  return false;
}

function walk(line: string): boolean {
  let depth = 0;
  let values = 1;
  let inString = false;
  for (let at = 0; at < line.length; at++) {
    const unit = line.charCodeAt(at);
    if (inString) {
      if (unit === BACKSLASH) at++;
      else if (unit === QUOTE) inString = false;
    } else if (unit === QUOTE) inString = true;
    else if (unit === BRACE || unit === BRACKET) {
      if (++depth > JSON_DEPTH_MAX) return true;
    } else if (unit === BRACE_END || unit === BRACKET_END) depth--;
    else if (unit === COMMA && ++values > JSON_VALUES_MAX) return true;
  }
  return false;
}
