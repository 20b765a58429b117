/** How the page may look; the first is as the system has it. */
export const THEMES = ["system", "light", "dark"] as const;
export type Theme = typeof THEMES[number];

/** The browser's own frame takes the colour of the page's head. */
export const FRAMES = { light: "#ffffff", dark: "#16181d" } as const;
