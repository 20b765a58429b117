/** The languages that the page has words in; the first is that of everybody else. */
export const LANGUAGES = ["en", "zh"] as const;
export type Language = typeof LANGUAGES[number];
