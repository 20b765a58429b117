/** How texts are compared: letters of any case are the same. */
export const fold = (text: string) => text.toLowerCase();

/**
 * What the database looks for in its lower-case text before the text is compared here. Not every
 * database folds more than ASCII: for a query with other letters that have a case, nothing, and
 * every message is compared.
 */
export function comparable(query: string): string {
  const lower = query.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  // deno-lint-ignore no-control-regex -- ASCII as a whole
  const other = query.replace(/[\x00-\x7f]/g, "");
  return other.toLowerCase() === other.toUpperCase() ? lower : "";
}
