/**
 * Characters that would make a log line lie about itself: control characters (a second line, a
 * terminal's escape sequences), line separators, what changes the direction of text, what is not
 * seen (Unicode Technical Report 36, section 2.5), and halves of surrogate pairs.
 */
const UNCLEAN =
  // deno-lint-ignore no-control-regex -- control characters are what it is to find
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;

/**
 * The line with each of them written as `\uXXXX`, which JSON reads back as it was, and with one
 * newline at its end.
 */
export function oneCleanLine(line: string): string {
  const text = line.endsWith("\n") ? line.slice(0, -1) : line;
  return `${text.replace(UNCLEAN, escaped)}\n`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
